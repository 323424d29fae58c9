#include "wire/store_line.h"

#include <doctest/doctest.h>

using namespace martd;
using namespace martd::wire;

namespace {

template <class Line>
Line parsed(const std::string& text) {
  const auto result = parse_store_line(text);
  const auto* line = std::get_if<StoreLine>(&result);
  REQUIRE(line);
  REQUIRE(std::holds_alternative<Line>(*line));
  return std::get<Line>(*line);
}

std::string wrong(const std::string& text) {
  const auto result = parse_store_line(text);
  const auto* said = std::get_if<std::string>(&result);
  return said ? *said : "taken";
}

}  // namespace

TEST_CASE("store lines: a channel comes back as it was") {
  push::ChannelRecord record;
  record.attributes = {7, Duration(1500), true, "k\xFF\n"};
  record.origin = push::Etag{100};
  record.newest = push::Etag{120};
  record.before = push::Channel::Life{push::Etag{5}, push::Etag{9}, push::Etag{8}};
  record.doubt = push::Etag{3};
  record.lost = push::Etag{110};
  std::string text;
  append_channel_line(text, "n\"\xC3\xA4", record);
  CHECK(
      text ==
      "{\"channel\":\"n\\\"\xC3\xA4\",\"origin\":\"100\",\"newest\":\"120\",\"size\":7,\"life\":1500,\"one2one\":true,"
      "\"key\":{\"base64\":\"a/8K\"},\"doubt\":\"3\",\"lost\":\"110\",\"before\":[\"5\",\"9\",\"8\"]}\n");
  const auto line = parsed<ChannelLine>(text);
  CHECK(line.name == "n\"\xC3\xA4");
  CHECK(line.record.attributes.size == 7);
  CHECK(line.record.attributes.life == Duration(1500));
  CHECK(line.record.attributes.one2one);
  CHECK(line.record.attributes.key == "k\xFF\n");
  CHECK(line.record.newest == push::Etag{120});
  REQUIRE(line.record.before);
  CHECK(line.record.before->last == push::Etag{9});
  CHECK(line.record.before->lost == push::Etag{8});
  CHECK(line.record.lost == push::Etag{110});
  CHECK(line.record.doubt == push::Etag{3});
}

TEST_CASE("store lines: a message comes back byte for byte") {
  for (const std::string& payload : {std::string("a\r\nb\0", 5), std::string("\xFF"), std::string("\xFF\xFE"),
                                     std::string("\xFF\xFE\xFD"), std::string(), std::string("\"}{")}) {
    auto* content = new push::Content;
    const push::Message message{push::Etag{7}, Time(Duration(8)), push::ContentPtr(content)};
    content->payload = payload;
    content->content_type = "t\xE9";
    content->event = "e";
    content->id = std::string("\0", 1);
    content->expire = Duration(9);
    std::string text;
    append_store_message_line(text, message);
    const push::Message back = parsed<MessageLine>(text).message;
    CHECK(back.etag == message.etag);
    CHECK(back.published == message.published);
    CHECK(back.content->payload == payload);
    CHECK(back.content->content_type == content->content_type);
    CHECK(back.content->event == "e");
    CHECK(back.content->id == content->id);
    CHECK(back.content->expire == Duration(9));
  }
}

TEST_CASE("store lines: ground and forgotten") {
  std::string text;
  append_line(text, GroundLine{push::Etag{1}, push::Etag{2}});
  CHECK(parsed<GroundLine>(text).ceiling == push::Etag{2});
  text.clear();
  append_forgotten_line(text, "news", {push::Etag{3}, push::Etag{5}, push::Etag{4}});
  CHECK(parsed<ForgottenLine>(text).life.last == push::Etag{5});
  CHECK(parsed<ForgottenLine>(text).life.lost == push::Etag{4});
}

TEST_CASE("store lines: those of the version before don't say what was empty, so all that is gone counts") {
  CHECK(parsed<GroundLine>(R"({"store":1,"doubt":"1","ceiling":"2"})").doubt == push::Etag{1});
  CHECK(parsed<ForgottenLine>(R"({"forgotten":"x","origin":"3","last":"5"})").life.lost == push::Etag{5});
  const auto channel = parsed<ChannelLine>(
      R"({"channel":"x","origin":"7","newest":"9","size":1,"life":1,"one2one":false,"doubt":"0","before":["3","5"]})");
  CHECK(channel.record.lost == push::Etag{9});
  REQUIRE(channel.record.before);
  CHECK(channel.record.before->lost == push::Etag{5});
}

TEST_CASE("store lines: what is not one is refused by what is wrong with it") {
  CHECK(wrong("") == "not a JSON object");
  CHECK(wrong("[]") == "not a JSON object");
  CHECK(wrong("{} {}") == "not a JSON object");
  CHECK(wrong("{}") == "etag: missing");
  CHECK(wrong(R"({"store":3,"doubt":"1","ceiling":"1"})") == "store: of a newer martd (taken: 1, 2)");
  CHECK(wrong(R"({"store":1,"doubt":1,"ceiling":"1"})") == "doubt: not right (taken: an etag below 2^63, in a string)");
  CHECK(wrong(R"({"forgotten":".x","origin":"1","last":"2"})") ==
        "forgotten: not right (taken: the name of a channel)");
  CHECK(wrong(R"({"forgotten":"x","origin":"3","last":"2"})") == "origin: above the last etag");
  CHECK(wrong(R"({"forgotten":"x","origin":"1","last":"9223372036854775808"})") ==
        "last: not right (taken: an etag below 2^63, in a string)");
  CHECK(wrong(R"({"forgotten":"x","origin":"1","last":"2","more":1})") == "a member that isn't known, or not here");
  const std::string channel = R"({"channel":"x","origin":"5","newest":"5","life":1,"one2one":false,"doubt":"0")";
  CHECK(wrong(channel + R"(,"size":0})") == "size: not right (taken: a whole number from 1 to 4294967295)");
  CHECK(wrong(channel + R"(,"size":1.5})") == "size: not right (taken: a whole number from 1 to 4294967295)");
  CHECK(wrong(channel + R"(,"size":1,"before":["1"]})") == "before: not right (taken: two or three etags)");
  CHECK(wrong(channel + R"(,"size":1,"before":["1","6"]})") == "before: not before the origin");
  CHECK(wrong(channel + R"(,"size":1,"before":["1","3","4"]})") == "lost: above the last etag");
  CHECK(wrong(channel + R"(,"size":1,"lost":"6"})") == "lost: above the last etag");
  CHECK(wrong(channel + R"(,"size":1})") == "taken");
  const std::string message = R"({"etag":"1","published":1,"payload":)";
  CHECK(wrong(message + R"(1})") == "payload: not right (taken: a string, or {\"base64\":\"…\"})");
  CHECK(wrong(message + R"({"base64":"abc"}})") == "base64: not a whole number of groups of four");
  CHECK(wrong(message + R"({"base64":"a=bc"}})") == "base64: a byte that is none of its digits");
  CHECK(wrong(message + R"({"base64":"Zm9="}})") == "base64: bits that belong to no byte");
  CHECK(wrong(message + R"("","event":"a\nb"})") == "event: not right (taken: no CR, LF, NUL)");
}
