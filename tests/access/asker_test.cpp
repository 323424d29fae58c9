// Contract section 4, who may push, and what a browser's page of another site may.

#include "access/asker.h"

#include <doctest/doctest.h>

#include "../wire/request_test.h"

using namespace martd;
using namespace martd::access;
using namespace martd::wire::test;

namespace {

struct AccessTest {
  Settings settings;

  AccessTest() { settings.publish_from = wire::AddressSet::parse("loopback").value(); }
  bool may_push(const std::string& headers, const char* peer = "127.0.0.1") const {
    return asker_of(*get("/pub?channel=a", headers, peer), settings).may_push;
  }
  Asker from_page(const std::string& origin, const std::string& headers = {}, const char* peer = "192.0.2.1") const {
    return asker_of(*get("/pub?channel=a", "Origin: " + origin + "\r\n" + headers, peer), settings);
  }
  void trust(const char* proxies) { settings.trusted_proxies = wire::AddressSet::parse(proxies).value(); }
  void allow(const char* origins) { settings.origins = wire::OriginList::parse(origins).value(); }
};

}  // namespace

TEST_CASE_FIXTURE(AccessTest, "access: by the connection's address") {
  CHECK(may_push("", "127.0.0.1"));
  CHECK(may_push("", "127.8.9.1"));
  CHECK(may_push("", "::1"));
  CHECK(may_push("", "::ffff:127.0.0.1"));
  CHECK_FALSE(may_push("", "192.0.2.1"));
  settings.publish_from = wire::AddressSet::parse("none").value();
  CHECK_FALSE(may_push("", "127.0.0.1"));
}

TEST_CASE_FIXTURE(AccessTest,
                  "access: a forwarding header from whoever is no trusted proxy is never allowed by address") {
  CHECK_FALSE(may_push("X-Forwarded-For: 127.0.0.1\r\n"));
  CHECK_FALSE(may_push("Forwarded: for=127.0.0.1\r\n"));
  CHECK_FALSE(may_push("x-forwarded-for: 127.0.0.1\r\n", "192.0.2.1"));
}

TEST_CASE_FIXTURE(AccessTest, "access: behind a trusted proxy the rightmost address that is none counts") {
  trust("127.0.0.1,10.0.0.0/8");
  CHECK_FALSE(may_push(""));  // neither header
  CHECK(may_push("X-Forwarded-For: 127.0.0.5\r\n"));
  CHECK_FALSE(may_push("X-Forwarded-For: 127.0.0.5, 192.0.2.1\r\n"));
  CHECK(may_push("X-Forwarded-For: 192.0.2.1, 127.0.0.5, 10.1.1.1\r\n"));
  CHECK(may_push("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 127.0.0.5\r\n"));
  CHECK(may_push("X-Forwarded-For: 127.0.0.1, 10.1.1.1\r\n"));  // all trusted: the leftmost
  CHECK(may_push("Forwarded: for=192.0.2.1, for=127.0.0.5;proto=https\r\n"));
  CHECK_FALSE(may_push("X-Forwarded-For: 127.0.0.5\r\nForwarded: for=192.0.2.1\r\n"));
  CHECK(may_push("X-Forwarded-For: 127.0.0.5\r\nForwarded: for=127.0.0.5\r\n"));
  CHECK_FALSE(may_push("X-Forwarded-For: unknown\r\n"));
}

TEST_CASE_FIXTURE(AccessTest, "access: by the secret, in either of its two places") {
  settings.publish_secret = "s3cret";
  const auto remote = [&](const std::string& headers) { return may_push(headers, "192.0.2.1"); };
  CHECK_FALSE(remote(""));
  CHECK(remote("Authorization: Bearer s3cret\r\n"));
  CHECK(remote("authorization: bearer   s3cret \r\n"));
  CHECK_FALSE(remote("Authorization: Bearer s3cre\r\n"));
  CHECK_FALSE(remote("Authorization: Bearer \r\n"));
  CHECK_FALSE(remote("Authorization: Basic s3cret\r\n"));
  CHECK_FALSE(remote("Authorization: s3cret\r\n"));
  CHECK(remote("Cookie: martd_secret=s3cret\r\n"));
  CHECK(remote("Cookie: a=b; martd_secret=s3cret; c=d\r\n"));
  CHECK(remote("Cookie: a=b\r\nCookie: martd_secret=s3cret\r\n"));
  CHECK_FALSE(remote("Cookie: Martd_secret=s3cret\r\n"));
  CHECK_FALSE(remote("Cookie: martd_secret=\r\n"));
  CHECK_FALSE(remote("Cookie: xmartd_secret=s3cret\r\n"));
  // It counts whatever forwarding headers say.
  CHECK(remote("X-Forwarded-For: 1.2.3.4\r\nAuthorization: Bearer s3cret\r\n"));
}

TEST_CASE_FIXTURE(AccessTest, "access: without a secret set, none opens, not even an empty one") {
  CHECK_FALSE(may_push("Authorization: Bearer \r\n", "192.0.2.1"));
  CHECK_FALSE(may_push("Cookie: martd_secret=\r\n", "192.0.2.1"));
}

TEST_CASE_FIXTURE(AccessTest, "origin: a page of this site is not foreign and gets no CORS headers") {
  for (const char* origin : {"http://site.example", "https://site.example", "http://SITE.example:80"}) {
    const Asker asker = from_page(origin);
    CHECK_FALSE(asker.foreign);
    CHECK(asker.cors.empty());
  }
}

TEST_CASE_FIXTURE(AccessTest, "origin: a page of another site is foreign, and null is") {
  for (const char* origin : {"http://other.example", "http://site.example:8080", "null", "rubbish"}) {
    const Asker asker = from_page(origin);
    CHECK_MESSAGE(asker.foreign, origin);
    CHECK(asker.cors.empty());
  }
}

TEST_CASE_FIXTURE(AccessTest, "origin: a named one is let in with its credentials") {
  allow("https://app.example");
  const Asker asker = from_page("https://app.example");
  CHECK_FALSE(asker.foreign);
  CHECK(asker.cors ==
        "Access-Control-Allow-Origin: https://app.example\r\nVary: Origin\r\nAccess-Control-Expose-Headers: ETag, "
        "Retry-After\r\n"
        "Access-Control-Allow-Credentials: true\r\n");
  CHECK(from_page("http://app.example").foreign);
}

TEST_CASE_FIXTURE(AccessTest, "origin: a star lets all in, and a foreign page's cookie doesn't count") {
  allow("*");
  settings.publish_secret = "s3cret";
  const Asker asker = from_page("https://any.example", "Cookie: martd_secret=s3cret\r\n");
  CHECK_FALSE(asker.foreign);
  CHECK_FALSE(asker.may_push);
  CHECK(asker.cors.find("Allow-Origin: https://any.example\r\n") != std::string::npos);
  CHECK(asker.cors.find("Credentials") == std::string::npos);
  CHECK(from_page("https://any.example", "Authorization: Bearer s3cret\r\n").may_push);
  CHECK(from_page("http://site.example", "Cookie: martd_secret=s3cret\r\n").may_push);
  allow("https://app.example");
  CHECK(from_page("https://app.example", "Cookie: martd_secret=s3cret\r\n").may_push);
}
