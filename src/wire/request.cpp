#include "wire/request.h"

namespace martd::wire {

Target split_target(std::string_view target) {
  if (!target.empty() && target.front() != '/') {
    const auto scheme = target.find("://");
    if (scheme != target.npos) {
      const auto path_at = target.find_first_of("/?", scheme + 3);
      target = path_at == target.npos ? std::string_view("/") : target.substr(path_at);
    }
  }
  const auto question = target.find('?');
  Target split{target.substr(0, question), {}};
  if (split.path.empty()) split.path = "/";
  if (question != target.npos) split.query = target.substr(question + 1);
  return split;
}

std::string_view host_of(const RequestHead& head) {
  if (const std::string_view host = head.field("Host"); !host.empty()) return host;
  const auto scheme = head.target.find("://");
  if (head.target.front() == '/' || scheme == head.target.npos) return {};
  const std::string_view rest = head.target.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

Request::Request(const RequestHead& from, std::string_view whole_body, const Address& connection_peer)
    : head(from), peer(connection_peer), body(whole_body) {
  const Target target = split_target(from.target);
  path = target.path;
  query = target.query;
  const std::string_view whole = from.target;
  const bool has_path = whole.starts_with('/') || whole.find_first_of("/?", whole.find("://") + 3) != whole.npos;
  if (from.method == "OPTIONS" && !has_path) path = "*";
}

}  // namespace martd::wire
