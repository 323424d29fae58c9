// Section 5 of the contract: line streams, for curl and scripts.

#include <doctest/doctest.h>

#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

/// What the first line of a stream says.
json::object beginning(const LineStream& stream) {
  const std::string line = stream.body().substr(0, stream.body().find('\n'));
  return json::parse(line).at("sub").as_object();
}

}  // namespace

TEST_SUITE_BEGIN("event streams");

TEST_CASE_FIXTURE(DefaultServer, "a line stream is one JSON object a line") {
  std::string a = server.publish("news", "a\nb");
  LineStream lines(server.endpoint(), "news=0&other=0");
  CHECK(lines.head().header("Content-Type").rfind("application/x-ndjson", 0) == 0);
  CHECK(lines.next() == json::object{{"channel", "news"}, {"etag", a}, {"payload", "a\nb"}, {"type", "text/plain"}});
  Connection publisher(server.endpoint());
  publisher.ask("POST", "/pub?channel=other&event=greeting", {{"Content-Type", "text/plain"}}, "hello");
  std::string x = text_at(publisher.read_answer().object(), "etag");
  CHECK(lines.next() ==
        json::object{
            {"channel", "other"}, {"etag", x}, {"payload", "hello"}, {"event", "greeting"}, {"type", "text/plain"}});
}

TEST_CASE_FIXTURE(DefaultServer, "a line stream begins with where each channel begins, always an etag") {
  std::string a = server.publish("news", "a");
  std::string b = server.publish("news", "b");
  std::string other;
  {
    LineStream lines(server.endpoint(), "news=0&other=now&third=" + a);
    const json::object begins = beginning(lines);
    CHECK(text_at(begins, "news") == plus(a, -1));
    CHECK(text_at(begins, "third") == a);
    other = text_at(begins, "other");
    CHECK(other.size() == 19);
  }
  LineStream now(server.endpoint(), "news=now");
  CHECK(beginning(now) == json::object{{"news", b}});
  server.publish("other", "meanwhile");
  LineStream back(server.endpoint(), "other=" + other);
  CHECK(text_at(back.next(), "payload") == "meanwhile");
}

TEST_CASE_FIXTURE(DefaultServer, "a line stream has binary payloads as base64") {
  server.publish("news", "\xFF\xFE");
  LineStream lines(server.endpoint(), "news=0");
  auto line = lines.next();
  CHECK(line.at("base64") == true);
  CHECK(base64_decoded(line.at("payload").as_string()) == "\xFF\xFE");
}

TEST_CASE_FIXTURE(DefaultServer, "a line stream tells a loss with the etag past it") {
  std::string a = server.publish("news", "a", "size=1");
  server.publish("news", "b", "size=1");
  server.publish("news", "c", "size=1");
  LineStream lines(server.endpoint(), "news=" + a);
  CHECK(lines.next() == json::object{{"channel", "news"}, {"etag", plus(a, 1)}, {"missed", 1}});
  CHECK(text_at(lines.next(), "payload") == "c");
}

TEST_CASE("a silent line stream gets a heartbeat now and then") {
  TestServer server({"--heartbeat", "200ms"});
  LineStream lines(server.endpoint(), "news=now");
  lines.await_heartbeats(2);
  CHECK(contains(lines.body(), "{\"heartbeat\":true}\n"));
  server.publish("news", "a");
  CHECK(text_at(lines.next(), "payload") == "a");
}

TEST_SUITE_END();
