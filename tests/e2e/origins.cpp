// Section 4 of the contract: pages of other origins.

#include <doctest/doctest.h>

#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

const std::string kApp = "https://app.example";
const Headers kFromApp{{"Origin", kApp}};

struct ForApp {
  TestServer server{{"--origin", kApp + ",http://other.example:8080", "--publish-secret", "s3cret"}};
};

void check_allowed(const Answer& answer, const std::string& origin = kApp) {
  CHECK(answer.all("Access-Control-Allow-Origin") == origin);
  CHECK(contains(answer.all("Vary"), "Origin"));
  CHECK(contains(answer.all("Access-Control-Expose-Headers"), "ETag"));
}

void check_without_cors(const Answer& answer) {
  for (auto& [name, value] : answer.headers) CHECK_FALSE(contains(name, "Access-Control"));
}

Headers with_origin(const std::string& origin, Headers headers = {}) {
  headers.emplace_back("Origin", origin);
  return headers;
}

}  // namespace

TEST_SUITE_BEGIN("access");

TEST_CASE_FIXTURE(DefaultServer, "a foreign page may not push, inspect or clear") {
  server.publish("news", "a");
  std::string port = std::to_string(server.endpoint().port);
  for (std::string origin : {std::string("http://evil.example"), std::string("null"), std::string("http://127.0.0.1:1"),
                             "http://evil.example:" + port, "http://127.0.0.1.evil.example:" + port,
                             std::string("http://127.0.0.1"), std::string("nonsense")}) {
    CAPTURE(origin);
    for (std::string method : {"POST", "PUT", "GET", "DELETE"}) {
      Answer answer = server.send({method, "/pub?channel=news", with_origin(origin), ""});
      CHECK(answer.status == 403);
      check_without_cors(answer);
    }
  }
  CHECK(server.kept("news") == "a");
}

TEST_CASE_FIXTURE(ForApp, "the secret does not open the server to a foreign page") {
  Headers bearer{{"Authorization", "Bearer s3cret"}};
  CHECK(server.push("channel=news", "a", bearer).status == 200);
  CHECK(server.push("channel=news", "a", with_origin("http://evil.example", bearer)).status == 403);
}

TEST_CASE("a page of the server's own may push") {
  TestServer server({"--host", "push.example"});
  CHECK(server.push("channel=news", "a", with_origin(server.endpoint().url())).status == 200);
  Headers by_name{{"Host", "push.example:8000"}, {"Origin", "http://push.example:8000"}};
  CHECK(server.push("channel=news", "a", by_name).status == 200);
  Headers behind_tls{{"Host", "push.example:8000"}, {"Origin", "https://push.example:8000"}};
  CHECK(server.push("channel=news", "a", behind_tls).status == 200);
  Headers by_another{{"Host", "push.example:8000"}, {"Origin", "http://push.example:8001"}};
  CHECK(server.push("channel=news", "a", by_another).status == 403);
}

TEST_CASE_FIXTURE(DefaultServer, "a foreign page's subscription is served without CORS headers") {
  server.publish("news", "a");
  Answer answer = server.poll("news=0", with_origin("http://evil.example"));
  CHECK(answer.status == 200);
  check_without_cors(answer);
  EventStream stream(server.endpoint(), "news=0", with_origin("null"));
  check_without_cors(stream.head());
}

TEST_CASE_FIXTURE(ForApp, "every answer to an allowed origin says so, errors too") {
  check_allowed(server.push("channel=news", "a", kFromApp));
  std::string cursor = "\"" + server.newest("news") + "\"";
  std::string secret_key = "channel=keyed&key=k";
  server.push(secret_key, "a");

  std::tuple<Request, int> asked[] = {
      {{"GET", "/pub?channel=news", kFromApp}, 200},
      {{"GET", "/pub?channel=nothing", kFromApp}, 404},
      {{"POST", "/pub?channel=news&siez=1", kFromApp, "a"}, 400},
      {{"POST", "/pub?channel=keyed", kFromApp, "a"}, 403},
      {{"POST", "/pub?channel=news", with_origin(kApp, {{"If-Match", "\"1\""}}), "a"}, 412},
      {{"POST", "/pub?channel=news", kFromApp, std::string(1024 * 1024 + 1, 'x')}, 413},
      {{"PATCH", "/pub?channel=news", kFromApp, "a"}, 405},
      {{"GET", "/sub?news=0", kFromApp}, 200},
      {{"GET", "/sub?news=0&.wait=0", with_origin(kApp, {{"If-None-Match", cursor}})}, 304},
      {{"GET", "/sub?news=abc", kFromApp}, 400},
      {{"GET", "/sub?news=now&.wait=200ms", kFromApp}, 200},
      {{"DELETE", "/sub?news=0", kFromApp}, 405},
      {{"DELETE", "/pub?channel=news", kFromApp}, 200},
  };
  for (auto& one : asked) {
    auto& request = std::get<0>(one);
    auto& status = std::get<1>(one);
    CAPTURE(request.target);
    Answer answer = server.send(request);
    CHECK(answer.status == status);
    check_allowed(answer);
    CHECK(answer.header("Access-Control-Allow-Credentials") == "true");
  }
  check_allowed(server.poll("news=now&.wait=0", with_origin("http://other.example:8080")), "http://other.example:8080");
}

TEST_CASE_FIXTURE(ForApp, "streams and refused subscriptions are open to an allowed origin, too") {
  EventStream stream(server.endpoint(), "room=now", kFromApp);
  check_allowed(stream.head());
  LineStream lines(server.endpoint(), "news=now", kFromApp);
  check_allowed(lines.head());
  server.set("room", "one2one=1");
  Answer refused = server.get("/sub?room=now", with_origin(kApp, {{"Accept", "text/event-stream"}}));
  CHECK(refused.status == 409);
  check_allowed(refused);
}

TEST_CASE_FIXTURE(ForApp, "an origin that only looks like an allowed one is foreign") {
  for (std::string origin : {"http://app.example", "https://app.example:8443", "https://app.example.evil.example",
                             "https://evil.app.example", "http://other.example"}) {
    CAPTURE(origin);
    CHECK(server.push("channel=news", "a", with_origin(origin)).status == 403);
    check_without_cors(server.poll("news=0&.wait=0", with_origin(origin)));
  }
}

TEST_CASE_FIXTURE(ForApp, "a preflight names what an allowed origin may send") {
  for (std::string path : {"/pub?channel=news", "/sub?news=0"}) {
    CAPTURE(path);
    Answer answer = server.send({"OPTIONS", path,
                                 with_origin(kApp, {{"Access-Control-Request-Method", "POST"},
                                                    {"Access-Control-Request-Headers", "content-type"}})});
    CHECK(answer.status / 100 == 2);
    check_allowed(answer);
    CHECK(answer.header("Access-Control-Allow-Credentials") == "true");
    std::string methods = answer.header("Access-Control-Allow-Methods");
    CHECK(contains(methods, "GET"));
    CHECK(contains(methods, "POST"));
    if (path[1] == 'p') {
      CHECK(contains(methods, "PUT"));
      CHECK(contains(methods, "DELETE"));
    }
    for (auto name : {"Last-Event-ID", "If-None-Match", "Content-Type", "Authorization"}) {
      CHECK(contains(answer.header("Access-Control-Allow-Headers"), name));
    }
    Headers foreign = with_origin("http://evil.example", {{"Access-Control-Request-Method", "POST"}});
    check_without_cors(server.send({"OPTIONS", path, foreign}));
  }
}

TEST_CASE_FIXTURE(ForApp, "a named origin's page may use the visitor's cookie") {
  TestServer remote({"--origin", kApp, "--publish-secret", "s3cret", "--publish-from", "10.9.8.7"});
  Headers cookie{{"Cookie", "martd_secret=s3cret"}};
  CHECK(remote.push("channel=news", "a", with_origin(kApp, cookie)).status == 200);
  CHECK(remote.push("channel=news", "a", with_origin(kApp)).status == 403);
}

TEST_CASE("with all origins allowed, a foreign page's cookie does not count, but what it sends itself does") {
  TestServer server({"--origin", "*", "--publish-secret", "s3cret", "--publish-from", "10.9.8.7"});
  Headers cookie{{"Cookie", "martd_secret=s3cret"}}, bearer{{"Authorization", "Bearer s3cret"}};
  Answer by_cookie = server.push("channel=news", "a", with_origin(kApp, cookie));
  CHECK(by_cookie.status == 403);
  check_allowed(by_cookie);
  CHECK(server.push("channel=news", "a", with_origin("null", cookie)).status == 403);
  Answer by_bearer = server.push("channel=news", "a", with_origin(kApp, bearer));
  CHECK(by_bearer.status == 200);
  check_allowed(by_bearer);
  CHECK_FALSE(by_bearer.has("Access-Control-Allow-Credentials"));
  CHECK(server.push("channel=news", "a", with_origin(server.endpoint().url(), cookie)).status == 200);
  CHECK(server.push("channel=news", "a", cookie).status == 200);
  check_allowed(server.poll("news=0", with_origin("null")), "null");
}

TEST_SUITE_END();
