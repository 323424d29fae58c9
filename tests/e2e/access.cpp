// Section 4 of the contract: who may push.

#include <doctest/doctest.h>

#include <string>

#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

const Headers kBearer{{"Authorization", "Bearer s3cret"}};

int push_from(const TestServer& server, const std::string& address) {
  return server.send({"POST", "/pub?channel=news", {}, "a", address}).status;
}

/// Nobody's address may push; the secret may.
struct OnlyBySecret {
  TestServer server{{"--publish-from", "10.9.8.7", "--publish-secret", "s3cret"}};
  int push(const Headers& headers, const std::string& more = "") const {
    return server.push("channel=news" + more, "a", headers).status;
  }
};

/// The tests come through a trusted proxy; who may push is behind it.
struct BehindProxy {
  TestServer server{
      {"--trusted-proxy", "127.0.0.1,10.0.0.0/24,2001:db8::/64", "--publish-from", "10.1.0.0/16,2001:db8:1::/48"}};

  int push(const Headers& headers) const { return server.push("channel=news", "a", headers).status; }
  int forwarded_for(const std::string& value) const { return push({{"X-Forwarded-For", value}}); }
  int forwarded(const std::string& value) const { return push({{"Forwarded", value}}); }
};

}  // namespace

TEST_SUITE_BEGIN("access");

TEST_CASE_FIXTURE(DefaultServer, "where nothing is said, this machine may push") {
  CHECK(push_from(server, "") == 200);
  CHECK(push_from(server, "127.0.0.2") == 200);
  CHECK(push_from(server, "127.255.255.254") == 200);
}

TEST_CASE("only the named addresses may push, inspect and clear") {
  TestServer server({"--publish-from", "127.0.0.8/30,127.0.1.1"});
  for (auto inside : {"127.0.0.8", "127.0.0.11", "127.0.1.1"}) CHECK(push_from(server, inside) == 200);
  for (auto outside : {"127.0.0.1", "127.0.0.7", "127.0.0.12", "127.0.1.2"}) CHECK(push_from(server, outside) == 403);
  Answer refusal = server.push("channel=news", "b");
  CHECK(refusal.status == 403);
  refusal.error();
  CHECK(server.inspection("news").status == 403);
  CHECK(server.clear("news").status == 403);
  CHECK(server.send({"GET", "/pub?channel=news", {}, "", "127.0.0.9"}).status == 200);
  CHECK(server.kept("news") == "a a a");  // anyone may follow
}

TEST_CASE_FIXTURE(OnlyBySecret, "the secret is taken as a bearer or as a cookie") {
  CHECK(push({}) == 403);
  CHECK(push(kBearer) == 200);
  CHECK(push({{"Authorization", "bearer s3cret"}}) == 200);
  CHECK(push({{"Cookie", "martd_secret=s3cret"}}) == 200);
  CHECK(push({{"Cookie", "a=b; martd_secret=s3cret; c=d"}}) == 200);
  CHECK(server.get("/pub?channel=news", kBearer).status == 200);
  CHECK(server.send({"DELETE", "/pub?channel=news", kBearer}).status == 200);
}

TEST_CASE_FIXTURE(OnlyBySecret, "anything but the secret is refused") {
  for (std::string wrong : {"Bearer ", "Bearer S3cret", "Bearer s3cre", "Bearer s3crett", "Basic s3cret", "s3cret",
                            "Bearer s3cret, Bearer x"}) {
    CAPTURE(wrong);
    CHECK(push({{"Authorization", wrong}}) == 403);
  }
  for (std::string wrong :
       {"martd_secret=", "martd_secret=x", "xmartd_secret=s3cret", "a=martd_secret=s3cret", "s3cret"}) {
    CAPTURE(wrong);
    CHECK(push({{"Cookie", wrong}}) == 403);
  }
  CHECK(push({}, "&key=s3cret") == 403);
}

TEST_CASE("without a secret an empty one is none") {
  TestServer server({"--publish-from", "10.9.8.7"});
  CHECK(server.push("channel=news", "a", {{"Authorization", "Bearer "}}).status == 403);
  CHECK(server.push("channel=news", "a", {{"Cookie", "martd_secret="}}).status == 403);
}

TEST_CASE("the secret can come from the environment") {
  TestServer server({"--publish-from", "10.9.8.7"}, {{"MARTD_PUBLISH_SECRET", "s3cret"}});
  CHECK(server.push("channel=news", "a").status == 403);
  CHECK(server.push("channel=news", "a", kBearer).status == 200);
}

TEST_CASE_FIXTURE(OnlyBySecret, "the key of a channel that has one lets anyone push there") {
  CHECK(push({}, "&key=k") == 403);  // there is no such channel yet
  CHECK(push(kBearer, "&key=k") == 200);
  CHECK(push({}, "&key=k") == 200);
  CHECK(push({}, "&key=other") == 403);
  CHECK(push({}) == 403);
  CHECK(push(kBearer) == 403);  // the secret does not open the key
  CHECK(server.inspection("news", "key=k").status == 200);
  CHECK(server.push("channel=other&key=k", "a").status == 403);
  CHECK(server.push("channel=news&channel=other&key=k", "a").status == 403);
  CHECK(server.kept("news") == "a a");
  CHECK(server.clear("news", "key=k").status == 200);
}

TEST_CASE_FIXTURE(OnlyBySecret, "a key does not open a channel that has none") {
  CHECK(push(kBearer) == 200);
  CHECK(push({}, "&key=k") == 403);
  CHECK(push({}, "&key=") == 403);
}

TEST_CASE_FIXTURE(OnlyBySecret, "who may not push does not learn which channels there are") {
  push(kBearer);
  CHECK(server.inspection("news").status == 403);
  CHECK(server.inspection("nothing").status == 403);
}

TEST_CASE_FIXTURE(DefaultServer, "a forwarded request from an address that is no trusted proxy is not this machine's") {
  Headers by_header[] = {
      {{"X-Forwarded-For", "127.0.0.1"}}, {{"Forwarded", "for=127.0.0.1"}}, {{"X-Forwarded-For", ""}}};
  for (auto& headers : by_header) {
    CHECK(server.push("channel=news", "a", headers).status == 403);
    CHECK(server.send({"GET", "/pub?channel=news", headers}).status == 403);
    CHECK(server.get("/sub?news=0&.wait=0", headers).status == 200);
  }
}

TEST_CASE("a forwarded request may still push by the secret or the key") {
  TestServer server({"--publish-secret", "s3cret"});
  Headers headers = kBearer;
  headers.emplace_back("X-Forwarded-For", "8.8.8.8");
  CHECK(server.push("channel=news&key=k", "a", headers).status == 200);
  CHECK(server.push("channel=news&key=k", "a", {{"X-Forwarded-For", "8.8.8.8"}}).status == 200);
  CHECK(server.push("channel=news&key=x", "a", {{"X-Forwarded-For", "8.8.8.8"}}).status == 403);
}

TEST_CASE_FIXTURE(BehindProxy, "the peer is the rightmost address that is not a trusted proxy") {
  CHECK(forwarded_for("10.1.2.3") == 200);
  CHECK(forwarded_for("8.8.8.8, 10.1.2.3") == 200);
  CHECK(forwarded_for("10.1.2.3, 8.8.8.8") == 403);
  CHECK(forwarded_for("10.1.2.3, 10.0.0.5") == 200);
  CHECK(forwarded_for("8.8.8.8,10.1.2.3 , 10.0.0.5,127.0.0.1") == 200);
  CHECK(forwarded_for("10.1.2.3, 8.8.8.8, 10.0.0.5") == 403);
  CHECK(forwarded_for("2001:db8:1::5") == 200);
  CHECK(forwarded_for("2001:db8:1::5, 2001:db8::1") == 200);
  CHECK(forwarded_for("2001:db8:2::5") == 403);
  CHECK(push({{"X-Forwarded-For", "8.8.8.8"}, {"X-Forwarded-For", "10.1.2.3"}}) == 200);
  CHECK(push({{"X-Forwarded-For", "10.1.2.3"}, {"X-Forwarded-For", "8.8.8.8"}}) == 403);
}

TEST_CASE_FIXTURE(BehindProxy, "the peer is read from Forwarded as from X-Forwarded-For") {
  CHECK(forwarded("for=10.1.2.3") == 200);
  CHECK(forwarded("For=\"10.1.2.3:4711\"; proto=https; by=10.0.0.5") == 200);
  CHECK(forwarded("for=8.8.8.8, for=10.1.2.3;host=\"a,b\", for=10.0.0.5") == 200);
  CHECK(forwarded("for=10.1.2.3, for=8.8.8.8") == 403);
  CHECK(forwarded("for=\"[2001:db8:1::5]:80\"") == 200);
  CHECK(forwarded("for=\"[2001:db8:1::5]\"") == 200);
  CHECK(forwarded("for=unknown") == 403);
  CHECK(forwarded("for=_hidden") == 403);
  CHECK(forwarded("proto=https") == 403);
  CHECK(forwarded("for=10.1.2.3, for=unknown") == 403);
}

TEST_CASE_FIXTURE(BehindProxy, "a trusted proxy that names nobody is not allowed by its address") {
  CHECK(push({}) == 403);
  CHECK(forwarded_for("") == 403);
  CHECK(forwarded_for("nonsense") == 403);
  CHECK(forwarded_for("10.1.2.3, nonsense") == 403);
  CHECK(forwarded_for("10.1.2") == 403);
}

TEST_CASE_FIXTURE(BehindProxy, "where both headers are sent they must agree") {
  CHECK(push({{"X-Forwarded-For", "8.8.8.8, 10.1.2.3"}, {"Forwarded", "for=8.8.8.8, for=10.1.2.3"}}) == 200);
  CHECK(push({{"X-Forwarded-For", "10.1.2.3"}, {"Forwarded", "for=8.8.8.8"}}) == 403);
  CHECK(push({{"X-Forwarded-For", "8.8.8.8"}, {"Forwarded", "for=10.1.2.3"}}) == 403);
}

TEST_CASE("where all addresses are trusted proxies the peer is the leftmost") {
  TestServer server({"--trusted-proxy", "127.0.0.1,10.0.0.0/24", "--publish-from", "10.0.0.7"});
  auto push = [&](const std::string& value) {
    return server.push("channel=news", "a", {{"X-Forwarded-For", value}}).status;
  };
  CHECK(push("10.0.0.7, 10.0.0.8") == 200);
  CHECK(push("10.0.0.8, 10.0.0.7") == 403);
}

TEST_SUITE_END();
