#include "tools/http_client.h"

#include <httplib.h>

namespace martd::tools {
namespace {

constexpr std::time_t kConnectSeconds = 10;
constexpr std::time_t kAnswerSeconds = 30;

}  // namespace

std::unique_ptr<httplib::ClientImpl> make_http_client(const ServerAddress& address, Certificate certificate) {
  std::unique_ptr<httplib::ClientImpl> client;
  if (address.tls) {
    client = std::make_unique<httplib::SSLClient>(address.host, address.port);
    if (!address.authorities.empty()) client->set_ca_cert_path(address.authorities.c_str());
    client->enable_server_certificate_verification(certificate == Certificate::verified);
  } else {
    client = std::make_unique<httplib::ClientImpl>(address.host, address.port);
  }
  client->set_keep_alive(true);
  client->set_tcp_nodelay(true);
  client->set_url_encode(false);
  client->set_default_headers({{"User-Agent", "martd/" MARTD_VERSION}});
  client->set_connection_timeout(kConnectSeconds);
  client->set_read_timeout(kAnswerSeconds);
  client->set_write_timeout(kAnswerSeconds);
  return client;
}

std::string host_of(const ServerAddress& address) {
  const std::string host = address.host.find(':') == std::string::npos ? address.host : '[' + address.host + ']';
  return address.port == (address.tls ? 443 : 80) ? host : host + ':' + std::to_string(address.port);
}

}  // namespace martd::tools
