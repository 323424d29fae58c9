// Section 4 of the contract: publishing again with the same id, and publishing only over a known newest message.

#include <doctest/doctest.h>

#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

Headers if_match(const std::string& etag) { return {{"If-Match", "\"" + etag + "\""}}; }

}  // namespace

TEST_SUITE_BEGIN("publishing");

TEST_CASE_FIXTURE(DefaultServer, "a second push with an id that is still kept changes and delivers nothing") {
  EventStream stream(server.endpoint(), "news=now");
  std::string first = server.publish("news", "a", "id=order-1&size=5");
  Answer again = server.push("channel=news&.id=order-1&size=2&life=1ms", "other bytes");
  CHECK(again.status == 200);
  CHECK(again.object() == json::object{{"etag", first}, {"subscribers", 1}, {"duplicate", true}});
  CHECK(server.inspect("news").at("size").to_number<int>() == 5);
  CHECK(server.kept("news") == "a");
  std::string last = server.publish("news", "b", "id=order-2");
  CHECK(last == plus(first, 1));
  CHECK(stream.next().data == "a");
  CHECK(stream.next().data == "b");
}

TEST_CASE_FIXTURE(DefaultServer, "ids are known for each channel apart, and only as long as the message is kept") {
  std::string first = server.publish("news", "a", "id=1&size=2");
  server.publish("other", "a", "id=1");
  CHECK(server.kept("other") == "a");
  server.publish("news", "b", "id=2&size=2");
  server.publish("news", "c", "id=3&size=2");
  CHECK(server.publish("news", "d", "id=1&size=2") == plus(first, 3));
  CHECK(server.kept("news") == "c d");
}

TEST_CASE_FIXTURE(DefaultServer, "an id is new again after its message was cleared") {
  EventStream holds_the_channel(server.endpoint(), "news=now");
  server.publish("news", "a", "id=1");
  server.clear("news");
  Answer again = server.push("channel=news&id=1", "b");
  CHECK_FALSE(again.object().contains("duplicate"));
  CHECK(server.kept("news") == "b");
}

TEST_CASE_FIXTURE(DefaultServer, "an empty body's id is known, too") {
  std::string first = server.publish("news", "", "id=1");
  Answer again = server.push("channel=news&id=1", "b");
  CHECK(again.object() == json::object{{"etag", first}, {"subscribers", 0}, {"duplicate", true}});
}

TEST_CASE_FIXTURE(DefaultServer, "of several channels only those that know the id take it for a duplicate") {
  std::string first = server.publish("a", "x", "id=1");
  auto channels = server.push("channel=a&channel=b&id=1", "y").parsed().at("channels").as_object();
  CHECK(channels.at("a") == json::value{{"etag", first}, {"subscribers", 0}, {"duplicate", true}});
  CHECK_FALSE(channels.at("b").as_object().contains("duplicate"));
  CHECK(server.kept("a") == "x");
  CHECK(server.kept("b") == "y");
}

TEST_CASE_FIXTURE(DefaultServer, "an id has up to 128 bytes") {
  server.publish("news", "a", "id=" + std::string(128, 'i'));
  Answer answer = server.push("channel=news&id=" + std::string(129, 'i'), "b");
  CHECK(answer.status == 400);
  CHECK(contains(answer.error(), "id"));
}

TEST_CASE_FIXTURE(DefaultServer, "a duplicate does not get around the key") {
  server.publish("news", "a", "id=1&key=secret");
  CHECK(server.push("channel=news&id=1", "a").status == 403);
  CHECK(server.push("channel=news&id=1&key=secret", "a").object().at("duplicate").as_bool());
}

TEST_CASE_FIXTURE(DefaultServer, "If-Match lets a push through only over the newest message that it names") {
  std::string first = server.publish("news", "a");
  Answer second = server.push("channel=news", "b", if_match(first));
  CHECK(second.status == 200);
  Answer third = server.push("channel=news&size=1", "c", if_match(first));
  CHECK(third.status == 412);
  third.error();
  CHECK(server.kept("news") == "a b");
  CHECK(server.inspect("news").at("size").to_number<int>() == 10);
  CHECK(server.push("channel=nothing", "c", if_match(first)).status == 412);
  CHECK(server.inspection("nothing").status == 404);
}

TEST_CASE_FIXTURE(DefaultServer, "If-Match with several channels, or without a tag, is malformed") {
  std::string first = server.publish("a", "x");
  CHECK(server.push("channel=a&channel=b", "y", if_match(first)).status == 400);
  CHECK(server.push("channel=a", "y", {{"If-Match", "abc"}}).status == 400);
  CHECK(server.kept("a") == "x");
}

TEST_CASE_FIXTURE(DefaultServer, "an id is looked up before If-Match") {
  std::string zero = server.publish("news", "z");
  std::string first = text_at(server.push("channel=news&id=1", "a", if_match(zero)).object(), "etag");
  Answer retry = server.push("channel=news&id=1", "a", if_match(zero));
  CHECK(retry.status == 200);
  CHECK(retry.object() == json::object{{"etag", first}, {"subscribers", 0}, {"duplicate", true}});
}

TEST_SUITE_END();
