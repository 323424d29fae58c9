#include "wire/origin.h"

#include <doctest/doctest.h>

#include "wire/host.h"

namespace martd::wire {
namespace {

OriginList list(std::string_view text) {
  auto parsed = OriginList::parse(text);
  if (!parsed) FAIL(parsed.error().message);
  return *parsed;
}

std::string refused(std::string_view text) {
  const auto parsed = OriginList::parse(text);
  REQUIRE(parsed.has_error());
  return parsed.error().message;
}

TEST_CASE("origin: the site's own, a left out port being its scheme's") {
  CHECK_FALSE(foreign_origin("http://a.example", "a.example"));
  CHECK_FALSE(foreign_origin("http://a.example", "a.example:80"));
  CHECK_FALSE(foreign_origin("http://a.example:80", "a.example"));
  CHECK_FALSE(foreign_origin("https://a.example", "a.example"));
  CHECK_FALSE(foreign_origin("https://a.example", "a.example:443"));
  CHECK_FALSE(foreign_origin("https://a.example:443", "a.example"));
  CHECK_FALSE(foreign_origin("http://localhost:54321", "localhost:54321"));
  CHECK_FALSE(foreign_origin("HTTP://A.Example", "a.eXAMPLE"));
  CHECK_FALSE(foreign_origin("http://a.example", "a.example:"));
}

TEST_CASE("origin: IPv6 hosts stand in brackets, and may be written in more than one way") {
  CHECK_FALSE(foreign_origin("http://[::1]:8080", "[::1]:8080"));
  CHECK_FALSE(foreign_origin("http://[::1]", "[0:0:0:0:0:0:0:1]:80"));
  CHECK_FALSE(foreign_origin("http://[2001:db8::A]", "[2001:DB8::a]"));
  CHECK(foreign_origin("http://[::1]", "[::2]"));
  CHECK(foreign_origin("http://[::1]", "::1"));
}

TEST_CASE("origin: another host or another port is foreign") {
  CHECK(foreign_origin("http://b.example", "a.example"));
  CHECK(foreign_origin("http://a.example.evil.example", "a.example"));
  CHECK(foreign_origin("http://evil-a.example", "a.example"));
  CHECK(foreign_origin("http://a.example:8080", "a.example"));
  CHECK(foreign_origin("http://a.example", "a.example:8080"));
  CHECK(foreign_origin("https://a.example", "a.example:80"));
  CHECK(foreign_origin("http://a.example", "a.example:443"));
  CHECK(foreign_origin("http://localhost", "127.0.0.1"));
}

TEST_CASE("origin: null and what can't be read is foreign") {
  for (const char* origin : {"",
                             "null",
                             "a.example",
                             "//a.example",
                             "http:a.example",
                             "http://",
                             "http://a.example/",
                             "http://a.example/x",
                             "http://a.example?x",
                             "http://u@a.example",
                             "http://a.example http://a.example",
                             "http://a.example,http://a.example",
                             " http://a.example",
                             "http://a.example ",
                             "http://a.example:x",
                             "http://a.example:80:80",
                             "http://a.example:65616",
                             "ftp://a.example",
                             "capacitor://a.example",
                             "1http://a.example",
                             "://a.example"}) {
    CAPTURE(origin);
    CHECK(foreign_origin(origin, "a.example"));
  }
  for (const char* host : {"", "a.example/", "u@a.example", "a.example a.example", "a.example:x", "a,a.example"}) {
    CAPTURE(host);
    CHECK(foreign_origin("http://a.example", host));
  }
}

TEST_CASE("origin list: those that are named, scheme and host in any case, the default port or none") {
  const OriginList origins = list("https://a.example, http://b.example:80,https://C.example:8443,http://[::1]:3000");
  CHECK_FALSE(origins.any());
  CHECK(origins.names("https://a.example"));
  CHECK(origins.names("https://a.example:443"));
  CHECK(origins.names("HTTPS://A.EXAMPLE"));
  CHECK(origins.names("http://b.example"));
  CHECK(origins.names("https://c.example:8443"));
  CHECK(origins.names("http://[0::1]:3000"));
  CHECK_FALSE(origins.names("http://a.example"));
  CHECK_FALSE(origins.names("https://a.example:444"));
  CHECK_FALSE(origins.names("https://b.example"));
  CHECK_FALSE(origins.names("https://c.example"));
  CHECK_FALSE(origins.names("https://x.a.example"));
  CHECK_FALSE(origins.names("null"));
  CHECK_FALSE(origins.names(""));
  CHECK_FALSE(origins.names("https://a.example/"));
}

TEST_CASE("origin list: a star is any, and names none") {
  CHECK(list("*").any());
  CHECK_FALSE(list("*").names("https://a.example"));
  const OriginList both = list("*,https://a.example");
  CHECK(both.any());
  CHECK(both.names("https://a.example"));
  CHECK_FALSE(both.names("https://b.example"));
}

TEST_CASE("origin list: empty names nobody") {
  CHECK_FALSE(list("").any());
  CHECK_FALSE(list("").names("https://a.example"));
  CHECK_FALSE(OriginList{}.any());
}

TEST_CASE("origin list: an app's scheme may be named") {
  CHECK(list("capacitor://localhost").names("capacitor://localhost"));
  CHECK_FALSE(list("capacitor://localhost").names("http://localhost"));
}

TEST_CASE("origin list: an error names the piece") {
  for (const std::string piece : {"a.example", "null", "https://a.example/", "https://a.example/x", "https://*.example",
                                  "https://", "**", "https://a.example:99999", "https://u@a.example"})
    CHECK(refused("https://ok.example," + piece).starts_with("not an origin: " + piece + " (taken: scheme://host"));
}

TEST_CASE("host: what a Host header may be") {
  for (const char* text : {"a", "a.example", "a.example:80", "a.example:", "127.0.0.1:8080", "[::1]", "[::1]:80",
                           "[::ffff:1.2.3.4]", "a_b", "a-b.", "xn--mnchen-3ya.example", "a:0", "a:65535"}) {
    CAPTURE(text);
    CHECK(parse_host(text).has_value());
  }
  for (const char* text : {"",
                           ":80",
                           "a b",
                           "a,b",
                           "a/b",
                           "a@b",
                           "a?b",
                           "a#b",
                           "a\\b",
                           "a<b",
                           "a\"b",
                           "[::1",
                           "::1",
                           "[]",
                           "[::1]x",
                           "[1.2.3.4]",
                           "[fe80::1%eth0]",
                           "[v1.x]",
                           "a:b",
                           "a:-1",
                           "a:65536",
                           "a:000080",
                           "a:80 ",
                           "%",
                           "%4",
                           "%zz",
                           "%41",
                           "a;b",
                           "*.example",
                           "a!b",
                           "münchen.example",
                           "a\tb"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_host(text).has_value());
  }
  CHECK(parse_host("a:80")->port == 80);
  CHECK_FALSE(parse_host("a:")->port.has_value());
  CHECK(parse_host("[::1]:80")->host == "[::1]");
}

}  // namespace
}  // namespace martd::wire
