// Section 4 of the contract: what a push is answered and what it leaves behind.

#include <doctest/doctest.h>

#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

std::string every_byte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

}  // namespace

TEST_SUITE_BEGIN("publishing");

TEST_CASE_FIXTURE(DefaultServer, "a push is answered with its etag and how many are held") {
  Answer first = server.push("channel=news", "a");
  CHECK(first.status == 200);
  CHECK(contains(first.header("Content-Type"), "application/json"));
  auto answer = first.object();
  CHECK(answer.size() == 2);
  CHECK(answer.at("subscribers").to_number<int>() == 0);
  std::string etag = text_at(answer, "etag");
  CHECK(etag.find_first_not_of("0123456789") == std::string::npos);

  EventStream one(server.endpoint(), "news=now");
  EventStream two(server.endpoint(), "news=now&other=now");
  Answer second = server.push("channel=news", "b");
  CHECK(second.object() == json::object{{"etag", plus(etag, 1)}, {"subscribers", 2}});
}

TEST_CASE_FIXTURE(DefaultServer, "PUT publishes as POST does") {
  CHECK(server.send({"PUT", "/pub?channel=news", {}, "a"}).status == 200);
  CHECK(server.kept("news") == "a");
}

TEST_CASE_FIXTURE(DefaultServer, "a payload is kept byte for byte, its Content-Type with it") {
  server.push("channel=news", every_byte(), {{"Content-Type", "application/x-bytes; v=1"}});
  LineStream lines(server.endpoint(), "news=0");
  auto line = lines.next();
  CHECK(base64_decoded(line.at("payload").as_string()) == every_byte());
  CHECK(line.at("base64").as_bool());
  CHECK(text_at(line, "type") == "application/x-bytes; v=1");
}

TEST_CASE_FIXTURE(DefaultServer, "a form's Content-Type does not make parameters of the body") {
  Answer answer =
      server.push("channel=news", "channel=other&size=2", {{"Content-Type", "application/x-www-form-urlencoded"}});
  CHECK(answer.status == 200);
  CHECK(server.kept("news") == "channel=other&size=2");
  CHECK(server.inspection("other").status == 404);
}

TEST_CASE_FIXTURE(DefaultServer, "one push reaches several channels") {
  std::string before = server.publish("b", "x");
  Answer answer = server.push("channel=a&channel=b&size=3", "hello");
  CHECK(answer.status == 200);
  auto channels = answer.parsed().at("channels").as_object();
  CHECK(channels.size() == 2);
  CHECK(text_at(channels.at("a"), "etag") == server.newest("a"));
  CHECK(channels.at("b") == json::value{{"etag", plus(before, 1)}, {"subscribers", 0}});
  CHECK(server.kept("a") == "hello");
  CHECK(server.kept("b") == "x hello");
  CHECK(server.inspect("b").at("size").to_number<int>() == 3);
}

TEST_CASE_FIXTURE(DefaultServer, "a push to several channels is accepted by all or by none") {
  server.publish("keyed", "x", "key=k");
  CHECK(server.push("channel=a&channel=keyed", "hello").status == 403);
  CHECK(server.push("channel=a&channel=keyed&key=wrong", "hello").status == 403);
  CHECK(server.push("channel=a&channel=martd.b", "hello").status == 400);
  CHECK(server.push("channel=a&channel=", "hello").status == 400);
  CHECK(server.inspection("a").status == 404);
  CHECK(server.kept("keyed") == "x");
}

TEST_CASE_FIXTURE(DefaultServer, "a message with an expiry goes before the others") {
  server.publish("news", "a");
  server.publish("news", "b", "expire=1ms");
  server.publish("news", "c", ".expire=30");
  server.await_messages("news", 2);
  CHECK(server.kept("news") == "a c");
  for (std::string wrong : {"0", "abc", "-1"}) {
    Answer answer = server.push("channel=news&expire=" + wrong, "d");
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "expire"));
  }
}

TEST_CASE_FIXTURE(DefaultServer, "an expiry does not lengthen the channel's life") {
  server.publish("news", "a", "life=1ms&expire=1h");
  server.await_forgotten("news");
}

TEST_CASE_FIXTURE(DefaultServer, "an event name cannot forge lines or the server's own events") {
  for (std::string wrong : {"a%0Ab", "a%0Db", "a%00b", "martd.closed", "martd."}) {
    Answer answer = server.push("channel=news&event=" + wrong, "a");
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "event"));
  }
  CHECK(server.push("channel=news&event=gr%C3%BCn+!", "a").status == 200);
  CHECK(server.push("channel=news&event=martd", "a").status == 200);
}

TEST_CASE_FIXTURE(DefaultServer,
                  "an empty body sets the attributes, takes an etag and a place, and is sent to nobody") {
  EventStream stream(server.endpoint(), "news=now");
  std::string first = server.publish("news", "a");
  CHECK(server.set("news", "size=2&life=5m") == plus(first, 1));
  auto channel = server.inspect("news");
  CHECK(channel.at("messages").to_number<int>() == 2);
  CHECK(channel.at("bytes").to_number<int>() == 1);
  CHECK(channel.at("life").to_number<int>() == 300);
  CHECK(text_at(channel, "etag") == plus(first, 1));
  CHECK(server.kept("news") == "a");
  std::string third = server.publish("news", "b", "size=2");
  CHECK(third == plus(first, 2));
  CHECK(server.kept("news") == "b");  // the empty one has the other place
  CHECK(stream.next().data == "a");
  CHECK(stream.next() == Event{"message", "b", third});
}

TEST_CASE_FIXTURE(DefaultServer, "a channel is inspected without its key") {
  EventStream stream(server.endpoint(), "news=now");
  server.publish("news", "hello", "key=secret&size=3&life=90&one2one=1");
  std::string newest = server.publish("news", "wörld", "key=secret&size=3&life=90&one2one=1");
  Answer answer = server.inspection("news", "key=secret");
  CHECK(answer.status == 200);
  CHECK_FALSE(contains(answer.body, "secret"));
  CHECK(answer.object() == json::object{{"channel", "news"},
                                        {"size", 3},
                                        {"life", 90},
                                        {"one2one", true},
                                        {"messages", 2},
                                        {"bytes", 11},
                                        {"subscribers", 1},
                                        {"etag", newest}});
}

TEST_CASE_FIXTURE(DefaultServer, "a channel that has only subscribers exists") {
  EventStream stream(server.endpoint(), "news=now");
  auto channel = server.inspect("news");
  CHECK(channel.at("messages").to_number<int>() == 0);
  CHECK(channel.at("subscribers").to_number<int>() == 1);
}

TEST_CASE_FIXTURE(DefaultServer, "DELETE drops the messages and says how many") {
  server.publish("news", "a");
  server.set("news", "");
  std::string newest = server.publish("news", "b");
  EventStream stream(server.endpoint(), "news=now");
  Answer answer = server.clear("news");
  CHECK(answer.status == 200);
  CHECK(answer.object() == json::object{{"etag", newest}, {"dropped", 3}});
  CHECK(server.kept("news") == "");
  CHECK(server.inspect("news").at("bytes").to_number<int>() == 0);
  CHECK(server.publish("news", "c") == plus(newest, 1));
  CHECK(stream.next().data == "c");
}

TEST_CASE_FIXTURE(DefaultServer, "inspecting and clearing a channel that is not there is a 404 in JSON") {
  for (std::string method : {"GET", "DELETE"}) {
    Answer answer = server.send({method, "/pub?channel=nothing"});
    CHECK(answer.status == 404);
    answer.error();
  }
}

TEST_CASE_FIXTURE(DefaultServer, "inspecting and clearing follow the rule of a push: the key is asked for") {
  server.publish("news", "a", "key=secret");
  for (std::string more : {"", "key=other"}) {
    CHECK(server.inspection("news", more).status == 403);
    CHECK(server.clear("news", more).status == 403);
  }
  CHECK(server.kept("news") == "a");
  CHECK(server.inspection("news", "key=secret").status == 200);
  CHECK(server.clear("news", "key=secret").status == 200);
}

TEST_SUITE_END();
