#include "wire/line_stream.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "wire/messages.h"

namespace martd::wire {
namespace {

std::string line(std::string_view channel, const push::Message& message) {
  std::string out;
  append_message_line(out, channel, message);
  return out;
}

TEST_CASE("line stream: a message is one object and a line end") {
  CHECK(line("news", message(1763600000000000001U, "hello")) ==
        "{\"channel\":\"news\",\"etag\":\"1763600000000000001\",\"payload\":\"hello\"}\n");
}

TEST_CASE("line stream: where it begins") {
  std::string out;
  const Position positions[] = {{"news", push::Etag{7}}, {"a \"b\"", push::Etag{8}}};
  append_sub_line(out, positions);
  CHECK(out == R"({"sub":{"news":"7","a \"b\"":"8"}})"
               "\n");
}

TEST_CASE("line stream: event and type where the publisher gave them") {
  CHECK(line("n", message(7, "x", "ti\"ck", "text/plain")) ==
        "{\"channel\":\"n\",\"etag\":\"7\",\"payload\":\"x\",\"event\":\"ti\\\"ck\",\"type\":\"text/plain\"}\n");
}

TEST_CASE("line stream: a payload that isn't UTF-8 is base64, and says so") {
  CHECK(line("n", message(7, "\xFB\xFF\xFE")) ==
        "{\"channel\":\"n\",\"etag\":\"7\",\"payload\":\"+//+\",\"base64\":true}\n");
  CHECK(line("n", message(7, "\xFB", "", "image/png")) ==
        "{\"channel\":\"n\",\"etag\":\"7\",\"payload\":\"+w==\",\"type\":\"image/png\",\"base64\":true}\n");
}

TEST_CASE("line stream: a type with bytes that aren't UTF-8 doesn't make the line unreadable") {
  const auto object = boost::json::parse(line("n", message(7, "x", "", "text/\xE9"))).as_object();
  CHECK(object.at("type").as_string() == "text/�");
}

TEST_CASE("line stream: a message never takes more than its line") {
  const std::string text = line("a\xE2\x80\xA8", message(7, "1\n2\r3\xE2\x80\xA9", "e"));
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(text.find('\r') == std::string::npos);
  const auto object = boost::json::parse(text).as_object();
  CHECK(object.at("channel").as_string() == "a\xE2\x80\xA8");
  CHECK(object.at("payload").as_string() == "1\n2\r3\xE2\x80\xA9");
}

TEST_CASE("line stream: the heartbeat") { CHECK(kLineHeartbeat == "{\"heartbeat\":true}\n"); }

TEST_CASE("line stream: a loss") {
  std::string out;
  append_missed_line(out, "news", push::Etag{7}, push::Missed::of(3));
  append_missed_line(out, "n\"", push::Etag{8}, push::Missed::some());
  CHECK(out ==
        "{\"channel\":\"news\",\"etag\":\"7\",\"missed\":3}\n"
        "{\"channel\":\"n\\\"\",\"etag\":\"8\",\"missed\":true}\n");
}

TEST_CASE("line stream: the end") {
  std::string out;
  append_closed_line(out, "one2one", "news");
  append_closed_line(out, "stopping", "");
  CHECK(out == "{\"closed\":\"one2one\",\"channel\":\"news\"}\n{\"closed\":\"stopping\"}\n");
}

}  // namespace
}  // namespace martd::wire
