// Which polls are read the short way, without a connection; known_heads_test.cpp has what comes of it.

#include "http/repeated_poll.h"

#include <doctest/doctest.h>

#include <string>

#include "wire/head_reader.h"

using namespace martd;
using namespace martd::http;

namespace {

struct RepeatedPollTest {
  Settings settings;
  Situation situation{settings};
  KnownHeads heads;
  const wire::Address peer = *wire::parse_address("127.0.0.1");

  static std::string poll(const std::string& target, const std::string& lines = "Host: a\r\nAccept: */*\r\n") {
    return "GET " + target + " HTTP/1.1\r\n" + lines + "\r\n";
  }
  /// What is kept of a connection whose last long-poll was `bytes`.
  RepeatedPoll after(const std::string& bytes) {
    RepeatedPoll repeated;
    wire::RequestHead head;
    REQUIRE_FALSE(wire::read_request_head(bytes, 16384, head).has_value());
    repeated.remember(wire::Request(head, {}, peer), bytes, heads);
    return repeated;
  }
  bool known(const std::string& bytes) { return after(bytes).known(); }
  bool reads(const std::string& bytes) { return after(poll("/sub?a=0")).read(bytes, situation).has_value(); }
};

}  // namespace

TEST_CASE_FIXTURE(RepeatedPollTest, "repeated poll: nothing is known before there was one") {
  CHECK_FALSE(RepeatedPoll().known());
  CHECK(known(poll("/sub?a=0")));
}

TEST_CASE_FIXTURE(RepeatedPollTest, "repeated poll: it is remembered where only its request line says what it asks") {
  CHECK_FALSE(known("GET /sub?a=0 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK_FALSE(known("POST /sub?a=0 HTTP/1.1\r\nHost: a\r\n\r\n"));
  for (const char* line :
       {"Connection: close\r\n", "Accept: text/event-stream\r\n", "Accept: */*\r\nAccept: application/x-ndjson\r\n",
        "Last-Event-ID: 1\r\n", "If-None-Match: \"1\"\r\n", "If-None-Match:\r\nIf-None-Match: \"1\"\r\n",
        "Origin: https://a\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n",
        "Connection: upgrade\r\nUpgrade: websocket\r\n"})
    CHECK_MESSAGE(!known(poll("/sub?a=0", std::string("Host: a\r\n") + line)), line);
  // What was known stays, whatever came in between.
  RepeatedPoll repeated = after(poll("/sub?a=0"));
  const std::string other = poll("/sub?a=0", "Host: a\r\nOrigin: https://a\r\n");
  wire::RequestHead head;
  REQUIRE_FALSE(wire::read_request_head(other, 16384, head).has_value());
  repeated.remember(wire::Request(head, {}, peer), other, heads);
  CHECK(repeated.read(poll("/sub?a=1"), situation).has_value());
}

TEST_CASE_FIXTURE(RepeatedPollTest, "repeated poll: only the request is read, and what it wants") {
  const RepeatedPoll repeated = after(poll("/sub?a=0"));
  const std::string bytes = poll("/sub?a=7&b=now&.wait=3");
  const std::string ahead = bytes + "GET /";
  const auto again = repeated.read(ahead, situation);
  REQUIRE(again.has_value());
  CHECK(again->bytes == bytes.size());
  CHECK(again->path == "/sub");
  CHECK(again->wanted->wants.size() == 2);
  CHECK(again->wanted->transport == wire::Transport::poll);
  CHECK(again->wanted->wait == std::chrono::seconds{3});
}

TEST_CASE_FIXTURE(RepeatedPollTest, "repeated poll: what isn't whole is read the long way") {
  const std::string bytes = poll("/sub?a=0");
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(reads(bytes.substr(0, size)));
  CHECK(reads(bytes));
}

TEST_CASE_FIXTURE(RepeatedPollTest, "repeated poll: anything out of the ordinary is read the long way") {
  CHECK_FALSE(reads(poll("/sub?a=0", "Host: a\r\nAccept: */*\r\nX: y\r\n")));
  CHECK_FALSE(reads(poll("/sub?a=rubbish")));
  CHECK_FALSE(reads(poll("/sub?a=0&.transport=sse")));
  CHECK_FALSE(reads(poll("/sub?a=0 &b=0")));
  CHECK_FALSE(reads(poll("/pub?channel=a")));
  CHECK_FALSE(reads(poll("http://a/sub?a=0")));
  CHECK_FALSE(reads(poll("/sub?.cursor=now&" + std::string(20000, 'a') + "=0")));
  const std::string lines = "Host: a\r\nAccept: */*\r\n\r\n";
  CHECK_FALSE(reads("HEAD /sub?a=0 HTTP/1.1\r\n" + lines));
  CHECK_FALSE(reads("GET /sub?a=0 HTTP/1.0\r\n" + lines));
  CHECK_FALSE(reads("GET  HTTP/1.1\r\n" + lines));
  CHECK_FALSE(reads("GET HTTP/1.1\r\n" + lines));
}

TEST_CASE_FIXTURE(RepeatedPollTest, "repeated poll: where each request is looked at for something else, so is this") {
  const auto reads_now = [&] { return reads(poll("/sub?a=0")); };
  CHECK(reads_now());
  situation.surplus = true;
  CHECK_FALSE(reads_now());
  situation.surplus = false;
  situation.stopping = true;
  CHECK_FALSE(reads_now());
  situation.stopping = false;
  settings.redirect_port = 443;
  CHECK_FALSE(reads_now());
  situation.secure = true;
  CHECK(reads_now());
  settings.prefix = "/push";
  CHECK_FALSE(reads_now());
}
