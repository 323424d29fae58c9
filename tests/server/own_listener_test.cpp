#include "server/own_listener.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

#include <cstring>

using namespace martd;

namespace {

client::Endpoint at(const std::string& text, std::uint16_t port) {
  client::Endpoint endpoint;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&endpoint.address, &four, sizeof four);
    endpoint.size = sizeof four;
  } else {
    REQUIRE(::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1);
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    six.sin6_scope_id = text.starts_with("fe80") ? 2 : 0;
    std::memcpy(&endpoint.address, &six, sizeof six);
    endpoint.size = sizeof six;
  }
  return endpoint;
}

int looked_up = 0;

/// A small DNS.
client::Found look_up(const std::string& host, std::uint16_t port) {
  ++looked_up;
  if (host == "localhost") return {{at("::1", port), at("127.0.0.1", port)}};
  if (host == "site.example") return {{at("192.0.2.7", port), at("127.0.0.1", port)}};
  if (host == "away.example") return {{at("192.0.2.7", port)}};
  if (host == "nobody.example") return std::nullopt;
  return {{at(host, port)}};
}

std::string wrong(const char* site, std::vector<ListenAddress> http, std::vector<ListenAddress> https = {},
                  std::optional<ListenAddress> admin = {}) {
  Options options;
  options.upstream = client::Site::parse(site).value();
  options.http = std::move(http);
  options.https = std::move(https);
  options.admin = std::move(admin);
  return site_is_own_listener(options, look_up).value_or("");
}

}  // namespace

// `martd http://localhost:54321`, for the site's port, was taken; the first request then asked itself until no
// descriptor was left.
TEST_CASE("own listener: a site at one of them, by whatever name, is refused") {
  CHECK(wrong("http://localhost:54321", {{"localhost", 54321}}) ==
        "--upstream: http://localhost:54321 is this server itself (--http localhost:54321): no request would ever be "
        "answered (taken: where the site behind is)");
  CHECK(wrong("http://127.0.0.1:80", {{"localhost", 80}}) != "");
  CHECK(wrong("http://[::1]", {{"localhost", 80}}) != "");
  CHECK(wrong("http://site.example", {{"192.0.2.7", 80}}) != "");
  CHECK(wrong("http://[::ffff:127.0.0.1]:80", {{"127.0.0.1", 80}}) != "");
  // Where one of a name's addresses is ours, some of its requests would come here.
  CHECK(wrong("http://localhost:3000", {{"127.0.0.1", 3000}}) != "");
  CHECK(wrong("http://[fe80::1]:80", {{"fe80::1", 80}}) != "");
}

TEST_CASE("own listener: https and the admin's count, too") {
  CHECK(wrong("https://localhost:443", {}, {{"localhost", 443}}).find("--https localhost:443") != std::string::npos);
  CHECK(wrong("http://localhost:443", {}, {{"localhost", 443}}) != "");
  CHECK(wrong("http://localhost:54322", {{"localhost", 80}}, {}, ListenAddress{"localhost", 54322})
            .find("--admin localhost:54322") != std::string::npos);
}

TEST_CASE("own listener: one on all addresses has each of this machine's, and no other machine's") {
  CHECK(wrong("http://127.0.0.1:80", {{"0.0.0.0", 80}}) != "");
  CHECK(wrong("http://127.1.2.3:80", {{"0.0.0.0", 80}}) != "");
  CHECK(wrong("http://[::1]:80", {{"::", 80}}) != "");
  CHECK(wrong("http://away.example:80", {{"0.0.0.0", 80}}) == "");
  CHECK(wrong("http://127.0.0.1:80", {{"::", 80}}) == "");  // it takes no IPv4
  // Who connects to no address in particular gets here.
  CHECK(wrong("http://0.0.0.0:80", {{"127.0.0.1", 80}}) != "");
  CHECK(wrong("http://[::]:80", {{"::1", 80}}) != "");
}

TEST_CASE("own listener: another port, another machine, no name, a path: a site like any other") {
  CHECK(wrong("http://localhost:3000", {{"localhost", 54321}}) == "");
  CHECK(wrong("http://away.example:80", {{"localhost", 80}}) == "");
  CHECK(wrong("http://nobody.example:80", {{"localhost", 80}}) == "");
  CHECK(wrong("http://127.0.0.2:80", {{"127.0.0.1", 80}}) == "");
  CHECK(wrong("unix:/run/site.sock", {{"localhost", 0}}) == "");
  CHECK(site_is_own_listener(Options(), look_up) == std::nullopt);
}

TEST_CASE("own listener: no name is looked up where the port says enough") {
  // A name server that doesn't answer would hold up each start.
  looked_up = 0;
  CHECK(wrong("http://site.example:3000", {{"localhost", 54321}}, {{"localhost", 0}}) == "");
  CHECK(looked_up == 0);
}
