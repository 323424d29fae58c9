// Section 5 of the contract: which transport a request asks for, where its cursor is read, and what is malformed.

#include <doctest/doctest.h>

#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

/// A channel `news` with messages 1 to 5, and the etag of each.
struct FiveMessages : DefaultServer {
  FiveMessages() {
    for (int i = 1; i <= 5; ++i) last = server.publish("news", std::to_string(i));
  }
  std::string etag(int message) const { return plus(last, message - 5); }
  std::string told(const std::string& query, const Headers& headers = {}) const {
    return told_in(server.poll(query + "&.wait=0", headers), "news");
  }
  std::string last;
};

std::string kind_of(Client& server, const std::string& query, const Headers& headers) {
  Connection client(server.endpoint());
  client.ask("GET", "/sub?" + query, headers);
  return client.read_head().header("Content-Type");
}

}  // namespace

TEST_SUITE_BEGIN("long-poll");

TEST_CASE_FIXTURE(FiveMessages, "the Accept header chooses the transport") {
  std::string sse = "text/event-stream", lines = "application/x-ndjson", poll = "application/json";
  CHECK(contains(kind_of(server, "news=0", {{"Accept", sse}}), sse));
  CHECK(contains(kind_of(server, "news=0", {{"Accept", "Text/Event-Stream, */*"}}), sse));
  CHECK(contains(kind_of(server, "news=0", {{"Accept", lines}}), lines));
  CHECK(contains(kind_of(server, "news=0", {{"Accept", poll}}), poll));
  CHECK(contains(kind_of(server, "news=0", {{"Accept", "*/*"}}), poll));
  CHECK(contains(kind_of(server, "news=0", {}), poll));
}

TEST_CASE_FIXTURE(FiveMessages, "the transport option outranks the Accept header") {
  CHECK(contains(kind_of(server, "news=0&.transport=sse", {{"Accept", "application/json"}}), "text/event-stream"));
  CHECK(
      contains(kind_of(server, "news=0&.transport=lines", {{"Accept", "text/event-stream"}}), "application/x-ndjson"));
  CHECK(contains(kind_of(server, "news=0&.transport=poll", {{"Accept", "text/event-stream"}}), "application/json"));
  for (std::string wrong : {"socket", "SSE"}) {
    Answer answer = server.poll("news=0&.transport=" + wrong);
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "transport"));
  }
}

TEST_CASE_FIXTURE(FiveMessages, "a WebSocket is not built yet and says so") {
  Connection client(server.endpoint());
  client.ask("GET", "/sub?news=0",
             {{"Upgrade", "websocket"},
              {"Connection", "Upgrade"},
              {"Sec-WebSocket-Version", "13"},
              {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
  CHECK(client.read_answer().status == 501);
}

TEST_CASE_FIXTURE(FiveMessages,
                  "a cursor is read from the header before the query's option, and that before the etags") {
  CHECK(told("news=" + etag(1)) == "2 3 4 5");
  CHECK(told("news=" + etag(1) + "&.cursor=" + etag(2)) == "3 4 5");
  CHECK(told("news=" + etag(1) + "&lastEventId=" + etag(2)) == "3 4 5");
  CHECK(told("news=" + etag(1) + "&last_event_id=" + etag(2)) == "3 4 5");
  CHECK(told("news=" + etag(1) + "&.cursor=" + etag(2), {{"Last-Event-ID", etag(3)}}) == "4 5");
  CHECK(told("news=" + etag(1) + "&lastEventId=" + etag(2), {{"If-None-Match", "\"" + etag(4) + "\""}}) == "5");
  CHECK(told("lastEventId=" + etag(2) + "&news=now") == "3 4 5");
}

TEST_CASE_FIXTURE(FiveMessages, "streams take their cursor from the same places, but for If-None-Match") {
  auto first = [&](const std::string& query, const Headers& headers = {}) {
    return EventStream(server.endpoint(), query, headers).next().data;
  };
  CHECK(first("news=" + etag(1)) == "2");
  CHECK(first("news=" + etag(1) + "&lastEventId=" + etag(2)) == "3");
  CHECK(first("news=" + etag(1) + "&last_event_id=" + etag(2)) == "3");
  CHECK(first("news=" + etag(1) + "&.cursor=" + etag(2)) == "3");
  CHECK(first("news=" + etag(1) + "&.cursor=" + etag(2), {{"Last-Event-ID", etag(3)}}) == "4");
  CHECK(first("news=" + etag(1), {{"If-None-Match", "\"" + etag(3) + "\""}}) == "2");
  LineStream lines(server.endpoint(), "news=" + etag(1), {{"Last-Event-ID", etag(3)}});
  CHECK(text_at(lines.next(), "payload") == "4");
}

TEST_CASE_FIXTURE(FiveMessages, "a whole cursor is the etags joined by dots, in the order of the query") {
  std::string x = server.publish("other", "x");
  server.publish("other", "y");
  Answer answer = server.poll("other=0&news=0", {{"Last-Event-ID", x + "." + etag(4)}});
  CHECK(told_in(answer, "other") == "y");
  CHECK(told_in(answer, "news") == "5");
  answer = server.poll("news=0&other=0&.cursor=" + etag(4) + "." + x);
  CHECK(told_in(answer, "other") == "y");
  CHECK(told_in(answer, "news") == "5");
}

TEST_CASE_FIXTURE(FiveMessages, "a cursor with the wrong number of etags is refused") {
  for (std::string cursor : {etag(1) + "." + etag(2), etag(1) + ".", "." + etag(1), std::string("abc")}) {
    CAPTURE(cursor);
    Answer by_header = server.poll("news=0", {{"Last-Event-ID", cursor}});
    CHECK(by_header.status == 400);
    by_header.error();
    CHECK(server.poll("news=0", {{"If-None-Match", "\"" + cursor + "\""}}).status == 400);
    CHECK(server.poll("news=0&.cursor=" + cursor).status == 400);
    CHECK(server.poll("news=0&lastEventId=" + cursor).status == 400);
    CHECK(server.get("/sub?news=0", {{"Accept", "text/event-stream"}, {"Last-Event-ID", cursor}}).status == 400);
  }
  CHECK(server.poll("news=0&other=0", {{"Last-Event-ID", etag(1)}}).status == 400);
}

TEST_CASE_FIXTURE(FiveMessages, "two cursors in the query are refused") {
  for (std::string query : {".cursor=1&.cursor=1", ".cursor=1&lastEventId=1", "lastEventId=1&last_event_id=1",
                            "last_event_id=1&last_event_id=1"}) {
    CAPTURE(query);
    Answer answer = server.poll("news=0&" + query);
    CHECK(answer.status == 400);
    answer.error();
  }
}

TEST_CASE_FIXTURE(DefaultServer, "a channel, the cid or an option twice is refused and named") {
  std::pair<const char*, const char*> twice[] = {{"news=0&news=0", "news"},
                                                 {"news=0&cid=a&cid=a", "cid"},
                                                 {"news=0&.wait=1&.wait=1", "wait"},
                                                 {"news=0&.format=json&.format=json", "format"},
                                                 {"news=0&.transport=poll&.transport=poll", "transport"}};
  for (auto& one : twice) {
    auto& query = one.first;
    auto& name = one.second;
    CAPTURE(query);
    Answer answer = server.poll(query);
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), name));
  }
}

TEST_CASE_FIXTURE(DefaultServer, "an unknown option is refused and named") {
  for (std::string query : {"news=0&.wiat=3", "news=0&.=3", "news=0&.format=xml"}) {
    CAPTURE(query);
    Answer answer = server.poll(query);
    CHECK(answer.status == 400);
    answer.error();
  }
  CHECK(contains(server.poll("news=0&.wiat=3").error(), "wiat"));
}

TEST_CASE_FIXTURE(DefaultServer, "an etag is a number, 0 or now") {
  for (std::string wrong : {"", "abc", "-1", "1.5", "18446744073709551616", "Now", "%201", "0x10", "1%00"}) {
    CAPTURE(wrong);
    Answer answer = server.poll("news=" + wrong + "&.wait=0");
    CHECK(answer.status == 400);
    answer.error();
  }
  CHECK(server.poll("news&.wait=0").status == 400);
}

TEST_CASE_FIXTURE(DefaultServer, "a stream without a channel is refused") {
  for (auto type : {"text/event-stream", "application/x-ndjson"}) {
    Answer answer = server.get("/sub", {{"Accept", type}});
    CHECK(answer.status == 400);
    answer.error();
    CHECK(server.get("/sub?cid=a&.format=json", {{"Accept", type}}).status == 400);
  }
}

TEST_CASE("the operator's limit of channels holds for every transport") {
  TestServer server({"--max-channels", "2"});
  CHECK(server.poll("a=0&b=0&.wait=0").status == 200);
  CHECK(server.poll("a=0&b=0&c=0&.wait=0").status == 400);
  CHECK(server.get("/sub?a=0&b=0&c=0", {{"Accept", "text/event-stream"}}).status == 400);
}

TEST_SUITE_END();
