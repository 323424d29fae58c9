// The tests' own readers, by the examples of their standards: a test is worth what its reader is worth.

#include <doctest/doctest.h>

#include <stdexcept>

#include "support/answer.h"
#include "support/event_stream_parser.h"
#include "support/text.h"

using namespace martd::test;

namespace {

std::string read_bytewise(std::string_view stream) {
  EventStreamParser parser;
  for (char c : stream) parser.feed({&c, 1});
  std::string all;
  for (auto& event : parser.events) all += event.type + "|" + event.data + "|" + event.id + "\n";
  return all;
}

Answer read_answer(std::string bytes) {
  AnswerParser parser;
  parser.feed(bytes);
  if (!parser.done()) throw std::runtime_error("not whole");
  return parser.answer();
}

}  // namespace

TEST_SUITE_BEGIN("parsers");

TEST_CASE("an event stream's fields, ids and comments are read as the standard's examples say") {
  CHECK(read_bytewise(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n") ==
        "message|first event|1\nmessage|second event|\nmessage| third event|\n");
  CHECK(read_bytewise("data\n\ndata\ndata\n\ndata:") == "message||\nmessage|\n|\n");
  CHECK(read_bytewise("data:test\n\ndata: test\n\n") == "message|test|\nmessage|test|\n");
  CHECK(read_bytewise("data: YHOO\ndata: +2\ndata: 10\n\n") == "message|YHOO\n+2\n10|\n");
}

TEST_CASE("an event stream's lines end with LF, CR or CR LF, and a byte order mark is skipped") {
  CHECK(read_bytewise("\xEF\xBB\xBF"
                      "event: add\rdata: 1\r\n\r\ndata: 2\r\r") == "add|1|\nmessage|2|\n");
}

TEST_CASE("an event without data is not dispatched, but its id counts") {
  CHECK(read_bytewise("id: 7\nevent: x\n\ndata: a\n\n") == "message|a|7\n");
}

TEST_CASE("retry is read only where it is a number") {
  EventStreamParser parser;
  parser.feed("retry: 2000\nretry: 2s\n");
  CHECK(parser.retry == 2000);
}

TEST_CASE("bodies are read by length and in chunks") {
  CHECK(read_answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").body == "abc");
  CHECK(read_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n").body ==
        "abc");
  CHECK(read_answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n").body == "");
  CHECK_THROWS(read_answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"));
  CHECK_THROWS(read_answer("HTTP/1.1 2xx OK\r\n\r\n"));
}

TEST_CASE("what is UTF-8 is told from what is not") {
  CHECK(is_valid_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (auto bad : {"\xFF", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xE0\x80\x80", "\xF4\x90\x80\x80", "\xE2\x82x"}) {
    CHECK_FALSE(is_valid_utf8(bad));
  }
}

TEST_CASE("base64 is read with its padding") {
  CHECK(base64_decoded("") == "");
  CHECK(base64_decoded("/w==") == "\xFF");
  CHECK(base64_decoded("AP8=") == std::string("\0\xFF", 2));
  CHECK(base64_decoded("YWJj") == "abc");
}

TEST_SUITE_END();
