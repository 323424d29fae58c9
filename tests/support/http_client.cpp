#include "support/http_client.h"

#include <httplib.h>

#include <memory>
#include <stdexcept>

#include "support/deadline.h"

namespace martd::test {

namespace {

std::unique_ptr<httplib::ClientImpl> client_of(const Endpoint& to) {
  if (!to.tls) return std::make_unique<httplib::ClientImpl>(to.address, to.port);
  auto client = std::make_unique<httplib::SSLClient>(to.address, to.port);
  client->enable_server_certificate_verification(false);
  return client;
}

}  // namespace

Answer send(const Endpoint& to, const Request& request) {
  const auto made = client_of(to);
  httplib::ClientImpl& client = *made;
  client.set_url_encode(false);
  client.set_decompress(false);
  client.set_connection_timeout(kPatience);
  client.set_read_timeout(kPatience);
  client.set_write_timeout(kPatience);
  if (!request.from.empty()) client.set_interface(request.from);

  httplib::Request out;
  out.method = request.method;
  out.path = request.target;
  out.body = request.body;
  for (auto& [name, value] : request.headers) out.headers.emplace(name, value);

  auto result = client.send(out);
  if (!result) {
    throw std::runtime_error(request.method + " " + request.target.substr(0, 200) +
                             " got no answer: " + httplib::to_string(result.error()));
  }
  Answer answer;
  answer.version = result->version;
  answer.status = result->status;
  answer.reason = result->reason;
  answer.body = result->body;
  for (auto& [name, value] : result->headers) answer.headers.emplace_back(name, value);
  return answer;
}

}  // namespace martd::test
