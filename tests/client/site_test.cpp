#include "client/site.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace martd::client {
namespace {

using namespace std::string_literals;

Site site(const std::string& url) {
  auto parsed = Site::parse(url);
  REQUIRE(parsed.has_value());
  return *parsed;
}

TEST_CASE("site: http and https, with and without a port") {
  const Site plain = site("http://localhost:3000");
  CHECK_FALSE(plain.tls);
  CHECK(plain.host == "localhost");
  CHECK(plain.port == 3000);
  CHECK(plain.authority == "localhost:3000");
  CHECK(plain.url == "http://localhost:3000");
  CHECK(site("http://example.org").port == 80);
  CHECK(site("http://example.org:80").authority == "example.org");
  CHECK(site("https://example.org").port == 443);
  CHECK(site("https://example.org").tls);
  CHECK(site("https://example.org:443/").authority == "example.org");
  CHECK(site("https://example.org:80").authority == "example.org:80");
  CHECK(site("HTTP://LOCALHOST:3000/") == site("http://LOCALHOST:3000"));
}

TEST_CASE("site: addresses, without brackets for who connects and with them for Host") {
  CHECK(site("http://127.0.0.1:1").host == "127.0.0.1");
  const Site v6 = site("http://[::1]:8080");
  CHECK(v6.host == "::1");
  CHECK(v6.authority == "[::1]:8080");
  CHECK(site("https://[2001:db8::1]").authority == "[2001:db8::1]");
}

TEST_CASE("site: a Unix socket") {
  const Site local = site("unix:/run/app.sock");
  CHECK(local.socket_path == "/run/app.sock");
  CHECK(local.authority == "localhost");
  CHECK(local.url == "unix:/run/app.sock");
  CHECK(site("unix:/" + std::string(106, 'x')).socket_path.size() == 107);
}

TEST_CASE("site: what isn't the address of a site is refused, and told what is taken") {
  for (const std::string& url : std::vector<std::string>{"",
                                                         "localhost:3000",
                                                         "http://",
                                                         "http://:80",
                                                         "http://a:0",
                                                         "http://a:65536",
                                                         "http://a:x",
                                                         "http://a/b",
                                                         "http://a//",
                                                         "http://a?b",
                                                         "http://a#b",
                                                         "http://u:p@a",
                                                         "ftp://a",
                                                         "http://[::1",
                                                         "http://[::g]",
                                                         "http://a b",
                                                         "http://a\0b"s,
                                                         "unix:",
                                                         "unix:run/app.sock",
                                                         "unix:/a\0b"s,
                                                         "unix:/" + std::string(107, 'x')}) {
    CAPTURE(url);
    const auto parsed = Site::parse(url);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().message.find("taken: ") != std::string::npos);
  }
}

TEST_CASE("site: a refusal doesn't repeat a password, nor what may be a secret that lost its option") {
  CHECK(Site::parse("http://user:passw0rd@a").error().message.find("passw0rd") == std::string::npos);
  CHECK(Site::parse("s3cret").error().message.find("s3cret") == std::string::npos);
}

}  // namespace
}  // namespace martd::client
