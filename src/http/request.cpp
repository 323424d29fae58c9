#include "http/request.h"

namespace martd::http {

Request::Request(Message& from, const wire::Address& connection_peer) : message(from), peer(connection_peer) {
  std::string_view target = message.target();
  if (!target.empty() && target.front() != '/') {
    // absolute-form (RFC 9112 section 3.2.2); the guard let nothing else through but `*`
    const auto scheme = target.find("://");
    const auto path_at = scheme == target.npos ? target.npos : target.find_first_of("/?", scheme + 3);
    target = scheme == target.npos ? target : path_at == target.npos ? std::string_view("/") : target.substr(path_at);
  }
  const auto question = target.find('?');
  path = target.substr(0, question);
  if (path.empty()) path = "/";
  query = question == target.npos ? std::string_view() : target.substr(question + 1);
}

}  // namespace martd::http
