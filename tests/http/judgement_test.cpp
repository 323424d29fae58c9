// What the head of a request decides, without a connection.

#include "http/judgement.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../wire/request_test.h"
#include "push/hub.h"

using namespace martd;
using namespace martd::http;
using namespace martd::wire::test;

namespace {

/// A server with a page of another site that is allowed, and one connection of it.
struct JudgementTest {
  Settings settings;
  Situation situation{settings};

  JudgementTest() {
    settings.access.publish_from = wire::AddressSet::parse("loopback").value();
    settings.access.origins = wire::OriginList::parse("https://app.example").value();
  }

  Route route(const Asked& asked) const { return route_of(asked->path, settings.prefix, settings.has_upstream); }
  Judgement judge(const std::string& line, const std::string& headers = {}, const char* peer = "127.0.0.1") const {
    const Asked asked(line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n", peer);
    return http::judge(*asked, route(asked), situation);
  }
  int status(const std::string& line, const std::string& headers = {}) const {
    const auto judgement = judge(line, headers);
    return judgement.refusal ? judgement.refusal->status : 200;
  }
};

const std::string kAllowed = "Origin: https://app.example\r\n";
const std::string kForeign = "Origin: https://evil.example\r\n";

}  // namespace

TEST_CASE_FIXTURE(JudgementTest, "judgement: what is refused whatever its query and body are") {
  struct Row {
    const char* line;
    const char* headers;
    int status;
    const char* lines;
  };
  for (const Row& row : std::vector<Row>{
           {"GET /sub", "", 200, ""},
           {"PUT /sub", "", 405, "Allow: GET, POST, OPTIONS\r\n"},
           {"POST /pub", "", 200, ""},
           {"PATCH /pub", "", 405, "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"},
           {"DELETE /client.js", "", 405, "Allow: GET, HEAD, OPTIONS\r\n"},
           {"OPTIONS *", "", 200, ""},
           {"GET /elsewhere", "", 404, ""},
           {"PATCH /elsewhere", "", 404, ""},
           {"POST /pub", "Content-Encoding: gzip\r\n", 415, "Accept-Encoding: identity\r\n"},
           {"POST /pub", "Content-Range: bytes 0-1/2\r\n", 400, ""},
           {"GET /sub", "Origin: http://a\r\nOrigin: http://b\r\n", 400, ""},
       }) {
    CAPTURE(row.line);
    CAPTURE(row.headers);
    const Judgement judgement = judge(row.line, row.headers);
    CHECK((judgement.refusal ? judgement.refusal->status : 200) == row.status);
    CHECK((judgement.refusal ? judgement.refusal->headers : "") == row.lines);
  }
}

TEST_CASE_FIXTURE(JudgementTest, "judgement: without room, or at the end, all are refused but who is told otherwise") {
  for (const bool stopping : {false, true}) {
    situation.stopping = stopping;
    situation.surplus = !stopping;
    CHECK(status("POST /pub") == 503);
    CHECK(status("GET /client.js") == 503);
    CHECK(status("OPTIONS *") == 503);
    CHECK(status("OPTIONS /client.js") == 503);
    // By its transport, and as what a preflight is for will be.
    CHECK(status("GET /sub") == 200);
    CHECK(status("OPTIONS /sub") == 200);
    CHECK(status("OPTIONS /pub") == 200);
    // What is wrong with a request comes first.
    CHECK(status("PATCH /pub") == 405);
    const auto refusal = refused_service(situation);
    CHECK(refusal.headers == "Retry-After: 2\r\n");
    CHECK(refusal.message == (stopping ? "the server is stopping" : "too many connections (--max-connections)"));
  }
  situation.stopping = situation.surplus = false;
  CHECK(status("GET /client.js") == 200);
}

TEST_CASE_FIXTURE(JudgementTest, "judgement: who may push is asked on /pub only") {
  CHECK(judge("POST /pub").asker.may_push);
  CHECK_FALSE(judge("POST /pub", {}, "192.0.2.1").asker.may_push);
  CHECK_FALSE(judge("POST /sub").asker.may_push);
  CHECK_FALSE(judge("POST /pub").asker.operates);
  situation.operates = true;
  CHECK(judge("POST /pub", {}, "192.0.2.1").asker.operates);
  CHECK(judge("POST /pub", {}, "192.0.2.1").asker.may_push);
  CHECK_FALSE(judge("POST /elsewhere").asker.operates);
}

TEST_CASE_FIXTURE(JudgementTest, "judgement: an allowed page may read the answer, whatever that is") {
  const std::string line = "Access-Control-Allow-Origin: https://app.example\r\n";
  for (const char* asked : {"POST /pub", "PATCH /pub", "GET /sub", "PUT /sub"})
    CHECK_MESSAGE(judge(asked, kAllowed).cors().find(line) != std::string::npos, asked);
  CHECK(judge("POST /pub", kForeign).cors().empty());
  CHECK(judge("POST /pub", kForeign).asker.foreign);
  CHECK(judge("POST /pub").cors().empty());
  CHECK(judge("GET /elsewhere", kAllowed).cors().empty());

  const auto lines = [&](const std::string& text) {
    const Asked asked(text + " HTTP/1.1\r\nHost: localhost\r\n" + kAllowed + "\r\n");
    return cors_of(asked->head, asked->peer, settings);
  };
  CHECK(lines("POST /pub") == judge("POST /pub", kAllowed).cors());
  CHECK(lines("GET /sub") == judge("GET /sub", kAllowed).cors());
  CHECK(lines("GET /client.js").empty());
  CHECK(cors_of(wire::RequestHead(), *wire::parse_address("127.0.0.1"), settings).empty());
}

TEST_CASE_FIXTURE(JudgementTest, "judgement: before its body a request is refused for its query, and for who it is") {
  push::Hub hub{Time()};
  const auto before_body = [&](const std::string& line, const std::string& headers = {},
                               const char* peer = "127.0.0.1") {
    const Asked asked(line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n", peer);
    const auto judgement = judge_before_body(*asked, route(asked), situation, hub, Time());
    return judgement.refusal ? judgement.refusal->status : 200;
  };
  CHECK(before_body("POST /pub?channel=a") == 200);
  CHECK(before_body("POST /pub") == 400);
  CHECK(before_body("POST /pub?channel=a&sise=1") == 400);
  CHECK(before_body("PUT /pub?channel=a", "If-Match: rubbish\r\n") == 400);
  CHECK(before_body("POST /pub?channel=a", kForeign) == 403);
  CHECK(before_body("POST /pub?channel=a", {}, "192.0.2.1") == 403);
  CHECK(before_body("GET /pub") == 200);  // its body is of no use, and its query is read with it
  CHECK(before_body("POST /sub?a=0") == 200);
  CHECK(before_body("POST /sub?a=rubbish") == 400);
  CHECK(before_body("PATCH /pub?channel=a") == 405);
  situation.stopping = true;
  CHECK(before_body("POST /pub?channel=a") == 503);
}

TEST_CASE_FIXTURE(JudgementTest, "judgement: how a request wants to be answered") {
  const auto context = [&](const std::string& text) {
    const Asked asked(text + "\r\n");
    return context_of(asked->head, situation);
  };
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  CHECK_FALSE(context(get).close);
  CHECK(context(get + "Connection: close\r\n").close);
  CHECK(context("GET / HTTP/1.0\r\n").close);
  CHECK(context("GET / HTTP/1.0\r\n").http_1_0);
  CHECK(context("HEAD / HTTP/1.1\r\nHost: a\r\n").head);
  settings.hsts = "Strict-Transport-Security: max-age=1\r\n";
  CHECK(context(get).hsts.empty());
  situation.secure = true;
  CHECK(context(get).hsts == settings.hsts);
  situation.surplus = true;
  CHECK(context(get).close);
}
