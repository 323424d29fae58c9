// Section 5 of the contract: any payload through an event stream, plain and with `.format=json`.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

using namespace std::string_literals;

/// One stream for each kind, and a channel to try payloads on.
struct PayloadTest : DefaultServer {
  EventStream stream{server.endpoint(), "news=now"};

  /// What an EventSource makes of it.
  std::string received(const std::string& payload) {
    std::string etag = server.publish("news", payload);
    Event event = stream.next();
    CHECK(event.id == etag);
    CHECK(event.type == "message");
    return event.data;
  }
};

const std::string kReplacement = "\xEF\xBF\xBD";

}  // namespace

TEST_SUITE_BEGIN("event streams");

TEST_CASE_FIXTURE(PayloadTest, "a payload's lines come as lines, whatever ends them") {
  CHECK(received("a\nb") == "a\nb");
  CHECK(received("a\r\nb") == "a\nb");
  CHECK(received("a\rb") == "a\nb");
  CHECK(received("a\n\rb") == "a\n\nb");
  CHECK(received("a\r\r\nb") == "a\n\nb");
  CHECK(received("a\n") == "a\n");
  CHECK(received("a\r\n") == "a\n");
  CHECK(received("\n") == "\n");
  CHECK(received("\r") == "\n");
  CHECK(received("\n\n\n") == "\n\n\n");
  CHECK(received("\na") == "\na");
}

TEST_CASE_FIXTURE(PayloadTest, "a payload that looks like the stream's own lines is data") {
  for (std::string payload :
       {" leading space"s, "  two"s, ":comment"s, "data: x"s, "a\n\nid: 5\n\ndata: y"s,
        "event: martd.closed\ndata: {}"s, "retry: 1"s,
        "\xEF\xBB\xBF"
        "mark"s,
        "trailing "s, "tab\there"s, "nul\0inside"s, "\x1F\x7F"s, "grün ☃ 😀"s, "\xE2\x80\xA8\xC2\x85"s}) {
    CAPTURE(payload);
    CHECK(received(payload) == payload);
  }
  CHECK(stream.retry() == 2000);
}

TEST_CASE_FIXTURE(PayloadTest, "bytes that are not UTF-8 are replaced as a browser's decoder does it") {
  struct {
    std::string payload;
    int replaced;
  } cases[] = {{"\xFF", 1},
               {"\xFE\xFF", 2},
               {"\x80", 1},
               {"\xBF\x80", 2},
               {"\xC3", 1},
               {"\xC0\xAF", 2},
               {"\xC1\x81", 2},
               {"\xE2\x82", 1},
               {"\xE0\x80\x80", 3},
               {"\xE0\x9F\xBF", 3},
               {"\xED\xA0\x80", 3},
               {"\xED\xBF\xBF", 3},
               {"\xF0\x9F\x98", 1},
               {"\xF0\x9F", 1},
               {"\xF0\x80\x80\x80", 4},
               {"\xF4\x90\x80\x80", 4},
               {"\xF5\x80\x80\x80", 4},
               {"\xF8\x88\x80\x80\x80", 5},
               {"\xE2\x82\xE2\x82", 2},
               {"\xE2\xE2\x82", 2},
               {"\xF0\x9F\xF0\x9F\x98", 2}};
  for (auto& one : cases) {
    auto& payload = one.payload;
    auto& replaced = one.replaced;
    CAPTURE(percent_encoded(payload));
    std::string expected;
    for (int i = 0; i < replaced; ++i) expected += kReplacement;
    CHECK(received(payload) == expected);
    CHECK(received("a" + payload + "z\n" + payload) == "a" + expected + "z\n" + expected);
  }
  CHECK(is_valid_utf8(stream.body()));
}

TEST_CASE_FIXTURE(PayloadTest, "a large payload comes whole") {
  std::string payload;
  while (payload.size() < 1024 * 1024 - 64) payload += "line " + std::to_string(payload.size()) + "\n";
  CHECK(received(payload) == payload);
  std::string without_lines(1024 * 1024, 'x');
  CHECK(received(without_lines) == without_lines);
}

TEST_CASE_FIXTURE(DefaultServer, "the json format is exact for any payload, one line an event and never named") {
  EventStream stream(server.endpoint(), "news=now&other=now&.format=json");
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  for (std::string payload : {"a\r\nb"s, "\0"s, "\"quoted\" \\ \x01"s, "ü\xE2\x80\xA8"s, all_bytes, "\xFF"s}) {
    CAPTURE(percent_encoded(payload));
    std::string etag = server.publish("news", payload);
    Event event = stream.next();
    CHECK(event.type == "message");
    CHECK_FALSE(contains(event.data, "\n"));
    auto object = json::parse(event.data).as_object();
    CHECK(text_at(object, "channel") == "news");
    CHECK(text_at(object, "etag") == etag);
    std::string text = text_at(object, "payload");
    if (is_valid_utf8(payload)) {
      CHECK(text == payload);
      CHECK_FALSE(object.contains("base64"));
    } else {
      CHECK(base64_decoded(text) == payload);
      CHECK(object.at("base64") == true);
    }
  }
  CHECK(count_of(stream.body(), "event:") == count_of(stream.body(), "event: martd.sub"));
}

TEST_CASE_FIXTURE(DefaultServer, "the json format brings event and type where the publisher gave them") {
  EventStream stream(server.endpoint(), "news=now&.format=json");
  Connection publisher(server.endpoint());
  publisher.ask("POST", "/pub?channel=news", {}, "plain").read_answer();
  publisher.ask("POST", "/pub?channel=news&event=na%22med", {{"Content-Type", "text/x-test; a=\"b\""}}, "rich")
      .read_answer();
  auto plain = json::parse(stream.next().data).as_object();
  CHECK(plain.size() == 3);
  CHECK(text_at(plain, "payload") == "plain");
  auto rich = json::parse(stream.next().data).as_object();
  CHECK(text_at(rich, "event") == "na\"med");
  CHECK(text_at(rich, "type") == "text/x-test; a=\"b\"");
}

TEST_CASE_FIXTURE(DefaultServer,
                  "the json format has the cursor of all channels as its id, and one's etag in the object") {
  EventStream stream(server.endpoint(), "one=now&two=now&.format=json");
  std::string a = server.publish("one", "a");
  std::string x = server.publish("two", "x");
  stream.next();
  Event event = stream.next();
  CHECK(event.id == a + "." + x);
  CHECK(json::parse(event.data) ==
        json::value{{"channel", "two"}, {"etag", x}, {"payload", "x"}, {"type", "text/plain"}});
}

TEST_SUITE_END();
