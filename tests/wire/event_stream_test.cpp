#include "wire/event_stream.h"

#include <doctest/doctest.h>

#include "support/event_stream_parser.h"
#include "wire/messages.h"

namespace martd::wire {
namespace {

using namespace std::chrono_literals;

std::string event(std::string_view name, std::string_view payload) {
  std::string out;
  append_event_rest(out, name, payload);
  return out;
}

/// The data that an EventSource gives to its page for the payload.
std::string received(std::string_view payload) {
  std::string stream(kEventStreamOpening);
  append_id(stream, "7");
  append_event_rest(stream, "", payload);
  test::EventStreamParser parser;
  parser.feed(stream);
  REQUIRE(parser.events.size() == 1);
  CHECK(parser.events[0].type == "message");
  CHECK(parser.events[0].id == "7");
  return parser.events[0].data;
}

TEST_CASE("event stream: begins with retry and no empty line, and a heartbeat is a comment") {
  CHECK(kEventStreamOpening == "retry: 2000\n");
  test::EventStreamParser parser;
  parser.feed(kEventStreamOpening);
  parser.feed(kEventStreamHeartbeat);
  CHECK(parser.retry == 2000);
  CHECK(parser.comments == 1);
  CHECK(parser.events.empty());
}

TEST_CASE("event stream: how long it may be silent is a comment") {
  std::string out;
  append_heartbeat_note(out, 15s);
  append_heartbeat_note(out, 200ms);
  CHECK(out == ": heartbeat 15000\n: heartbeat 200\n");
}

TEST_CASE("event stream: where it begins is an event with the whole cursor for its id, and each place") {
  std::string out;
  const Position positions[] = {{"news", push::Etag{7}}, {"a \"b\"", push::Etag{18446744073709551615U}}};
  append_sub_event(out, std::span(positions, 1));
  CHECK(out == "id: 7\nevent: martd.sub\ndata: {\"news\":\"7\"}\n\n");
  test::EventStreamParser parser;
  out.clear();
  append_sub_event(out, positions);
  parser.feed(out);
  REQUIRE(parser.events.size() == 1);
  CHECK(parser.events[0] ==
        test::Event{"martd.sub", R"({"news":"7","a \"b\"":"18446744073709551615"})", "7.18446744073709551615"});
}

TEST_CASE("event stream: retry is in whole milliseconds") {
  std::string out;
  append_retry(out, 1500ms);
  append_retry(out, 1999999ns);
  append_retry(out, 0s);
  CHECK(out == "retry: 1500\nretry: 1\nretry: 0\n");
}

TEST_CASE("event stream: an event's lines") {
  CHECK(event("", "hello") == "data: hello\n\n");
  CHECK(event("news", "hello") == "event: news\ndata: hello\n\n");
  CHECK(event("", "a\nb\rc\r\nd") == "data: a\ndata: b\ndata: c\ndata: d\n\n");
  CHECK(event("", "") == "data: \n\n");
  CHECK(event("", "\n") == "data: \ndata: \n\n");
  CHECK(event("", "a\r\n") == "data: a\ndata: \n\n");
  CHECK(event("", "\n\r") == "data: \ndata: \ndata: \n\n");
  CHECK(event("", "\r\r\n\n") == "data: \ndata: \ndata: \ndata: \n\n");
}

TEST_CASE("event stream: a client gets the payload back, each line break as LF") {
  CHECK(received("hello") == "hello");
  CHECK(received("a\nb") == "a\nb");
  CHECK(received("a\r\nb\rc\n") == "a\nb\nc\n");
  CHECK(received("\n") == "\n");
  CHECK(received("\r\n\r\n") == "\n\n");
  CHECK(received(" leading and trailing ") == " leading and trailing ");
  CHECK(received("\n  indented") == "\n  indented");
  CHECK(received("data: x\nid: 9\nevent: y") == "data: x\nid: 9\nevent: y");
  CHECK(received(": no comment") == ": no comment");
  CHECK(received(std::string("a\0b", 3)) == std::string("a\0b", 3));
  CHECK(received("Grüße, 世界 🎉") == "Grüße, 世界 🎉");
  CHECK(received("\xEF\xBB\xBFmark") == "\xEF\xBB\xBFmark");
}

TEST_CASE("event stream: what is not UTF-8 becomes U+FFFD, line breaks in it stay") {
  CHECK(received("a\xFFz") == "a�z");
  CHECK(received("\xE2\x82\n\xAC") == "�\n�");
  CHECK(received("\xF0\x9F\r") == "�\n");
}

TEST_CASE("event stream: what was there before an event stays there") {
  std::string out = "id: 1\n";
  append_event_rest(out, "", "\xFF");
  CHECK(out == "id: 1\ndata: �\n\n");
}

TEST_CASE("event stream: with .format=json the data is the object of the line stream on one line") {
  std::string out;
  append_json_event_rest(out, "news", message(7, "a\nb\r", "tick"));
  CHECK(out == "data: {\"channel\":\"news\",\"etag\":\"7\",\"payload\":\"a\\nb\\r\",\"event\":\"tick\"}\n\n");
}

TEST_CASE("event stream: a loss") {
  std::string out;
  append_missed_event(out, "7.8", "news", push::Missed::of(3));
  CHECK(out == "id: 7.8\nevent: martd.missed\ndata: {\"channel\":\"news\",\"missed\":3}\n\n");
  out.clear();
  append_missed_event(out, "7", "a\"b", push::Missed::some());
  CHECK(out == "id: 7\nevent: martd.missed\ndata: {\"channel\":\"a\\\"b\",\"missed\":true}\n\n");
}

TEST_CASE("event stream: the end") {
  std::string out;
  append_closed_event(out, "stopping", "");
  CHECK(out == "event: martd.closed\ndata: {\"reason\":\"stopping\"}\n\n");
  out.clear();
  append_closed_event(out, "one2one", "news");
  CHECK(out == "event: martd.closed\ndata: {\"reason\":\"one2one\",\"channel\":\"news\"}\n\n");
}

}  // namespace
}  // namespace martd::wire
