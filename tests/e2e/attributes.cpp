// Section 2 of the contract: the attributes of a channel, and its name.

#include <doctest/doctest.h>

#include <string>

#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

int size_of(const TestServer& server, const std::string& channel) {
  return server.inspect(channel).at("size").to_number<int>();
}

double life_of(const TestServer& server, const std::string& channel) {
  return server.inspect(channel).at("life").to_number<double>();
}

}  // namespace

TEST_SUITE_BEGIN("publishing");

TEST_CASE_FIXTURE(DefaultServer, "a channel keeps its ten newest messages for an hour where nothing else is said") {
  for (int i = 1; i <= 12; ++i) server.publish("news", std::to_string(i));
  auto channel = server.inspect("news");
  CHECK(channel.at("size").to_number<int>() == 10);
  CHECK(channel.at("life").to_number<double>() == 3600);
  CHECK(channel.at("one2one").as_bool() == false);
  CHECK(channel.at("messages").to_number<int>() == 10);
  CHECK(server.kept("news") == "3 4 5 6 7 8 9 10 11 12");
}

TEST_CASE_FIXTURE(DefaultServer, "size is taken within its range, with its plain and its dotted name") {
  server.publish("news", "a", "size=1");
  CHECK(size_of(server, "news") == 1);
  server.publish("news", "a", "size=10000");
  CHECK(size_of(server, "news") == 10000);
  server.publish("news", "a", ".size=7");
  CHECK(size_of(server, "news") == 7);
  for (std::string wrong : {"0", "-1", "10001", "abc", "1.5", "1x", "99999999999999999999", "%201"}) {
    CAPTURE(wrong);
    Answer answer = server.push("channel=news&size=" + wrong, "b");
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "size"));
  }
  CHECK(server.kept("news") == "a a a");
}

TEST_CASE_FIXTURE(DefaultServer, "life is taken in every unit of the contract") {
  std::pair<const char*, double> forms[] = {
      {"1", 1},          {"90", 90},          {"90s", 90},      {"10m", 600},
      {"1h", 3600},      {"7d", 604800},      {"30d", 2592000}, {"2592000", 2592000},
      {"1000000000", 1}, {"60000000000", 60}, {"2500ms", 2.5},  {"2592000000000000", 2592000}};
  for (auto& [form, seconds] : forms) {
    const char* text = form;
    CAPTURE(text);
    server.publish("news", "a", std::string("life=") + text);
    CHECK(life_of(server, "news") == doctest::Approx(seconds));
  }
  server.publish("news", "a", ".life=3m");
  CHECK(life_of(server, "news") == 180);
}

TEST_CASE_FIXTURE(DefaultServer, "a life out of range or of an unknown form is refused") {
  for (std::string wrong : {"0", "0s", "0ms", "-1", "31d", "2592001", "999999999", "2592000000000001", "abc", "10y",
                            "s", "1h30m", "%2010", "1e3", "99999999999999999999999"}) {
    CAPTURE(wrong);
    Answer answer = server.push("channel=news&life=" + wrong, "b");
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "life"));
  }
  CHECK(server.inspection("news").status == 404);
}

TEST_CASE_FIXTURE(DefaultServer, "one2one is true, false, 1 or 0") {
  for (std::string yes : {"true", "1"}) {
    server.publish("news", "a", "one2one=" + yes);
    CHECK(server.inspect("news").at("one2one").as_bool());
  }
  for (std::string no : {"false", "0", ""}) {
    server.publish("news", "a", ".one2one=" + no);
    CHECK_FALSE(server.inspect("news").at("one2one").as_bool());
  }
  for (std::string wrong : {"yes", "2", "maybe"}) {
    Answer answer = server.push("channel=news&one2one=" + wrong, "b");
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "one2one"));
  }
}

TEST_CASE_FIXTURE(DefaultServer, "every push sets all attributes again, and an empty value is the default") {
  server.publish("news", "a", "size=3&life=1m&one2one=true");
  server.publish("news", "b");
  CHECK(size_of(server, "news") == 10);
  CHECK(life_of(server, "news") == 3600);
  CHECK_FALSE(server.inspect("news").at("one2one").as_bool());
  server.publish("news", "c", "size=3&life=1m");
  server.publish("news", "d", "size=&life=&one2one=&key=&expire=&event=&id=");
  CHECK(size_of(server, "news") == 10);
  CHECK(life_of(server, "news") == 3600);
  server.publish("news", "e");  // the empty key was none
}

TEST_CASE("defaults are lowered to the operator's limits") {
  TestServer server({"--max-size", "4", "--max-life", "90s"});
  server.publish("news", "a");
  CHECK(size_of(server, "news") == 4);
  CHECK(life_of(server, "news") == 90);
  CHECK(server.push("channel=news&size=5", "b").status == 400);
  CHECK(server.push("channel=news&life=91", "b").status == 400);
  server.publish("news", "b", "size=4&life=90");
}

TEST_CASE_FIXTURE(DefaultServer, "a keyed channel's pushes bring the key, or change nothing") {
  std::string first = server.publish("news", "a", "key=secret&size=5");
  for (std::string wrong : {"", "&key=", "&key=other", "&key=Secret", "&key=secret1"}) {
    CAPTURE(wrong);
    Answer answer = server.push("channel=news&size=2" + wrong, "b");
    CHECK(answer.status == 403);
    answer.error();
  }
  CHECK(server.inspect("news", "key=secret").at("size").to_number<int>() == 5);
  CHECK(server.kept("news") == "a");
  CHECK(server.publish("news", "b", ".key=secret") == plus(first, 1));
}

TEST_CASE_FIXTURE(DefaultServer, "a key can come later and is kept by the pushes that bring it") {
  server.publish("news", "a");
  server.publish("news", "b", "key=late");
  CHECK(server.push("channel=news", "c").status == 403);
  server.publish("news", "c", "key=late");
  CHECK(server.push("channel=news", "d").status == 403);
}

TEST_CASE_FIXTURE(DefaultServer, "a key has 1 to 256 bytes") {
  server.publish("long", "a", "key=" + std::string(256, 'k'));
  CHECK(server.push("channel=long", "b").status == 403);
  Answer answer = server.push("channel=longer&key=" + std::string(257, 'k'), "b");
  CHECK(answer.status == 400);
  CHECK(contains(answer.error(), "key"));
}

TEST_CASE_FIXTURE(DefaultServer, "a channel without messages and subscribers is forgotten, its key with it") {
  server.publish("news", "a", "key=secret&life=1ms");
  server.await_forgotten("news");
  server.publish("news", "b");  // nobody asks for a key now
  server.publish("other", "a", "key=secret");
  CHECK(server.clear("other", "key=secret").status == 200);
  server.await_forgotten("other");
  server.publish("other", "b");
}

TEST_CASE_FIXTURE(DefaultServer, "a smaller size drops the oldest at once") {
  for (auto text : {"a", "b", "c", "d"}) server.publish("news", text);
  server.publish("news", "e", "size=2");
  CHECK(server.inspect("news").at("messages").to_number<int>() == 2);
  CHECK(server.kept("news") == "d e");
}

TEST_CASE_FIXTURE(DefaultServer, "a new life counts for the messages that are already there") {
  server.publish("news", "a", "life=1h");
  server.publish("news", "b", "life=1ms");
  server.await_forgotten("news");
}

TEST_CASE_FIXTURE(DefaultServer, "channel names are 1 to 255 bytes of UTF-8") {
  for (std::string name : {std::string("x"), std::string(255, 'n'), std::string("grün ☃ 😀"), std::string("a b"),
                           std::string("martd"), std::string("Cid1"), std::string("a&b=c.d/e"), std::string("0")}) {
    CAPTURE(name);
    server.publish(name, "hello");
    CHECK(text_at(server.inspect(name), "channel") == name);
    CHECK(server.kept(name) == "hello");
  }
  CHECK(server.push("channel=a+b", "again").status == 200);
  CHECK(server.kept("a b") == "hello again");
}

TEST_CASE_FIXTURE(DefaultServer,
                  "other channel names are refused where they are published to and where they are followed") {
  for (std::string name :
       {std::string(256, 'n'), std::string("%00"), std::string("a%0Ab"), std::string("a%1F"), std::string("%7F"),
        std::string("%C2%80"), std::string("%C2%9F"), std::string("%FF"), std::string("%ED%A0%80"), std::string("%C3"),
        std::string("martd.x"), std::string("martd.")}) {
    CAPTURE(name);
    Answer pushed = server.push("channel=" + name, "a");
    CHECK(pushed.status == 400);
    CHECK(contains(pushed.error(), "channel"));
    Answer polled = server.poll(name + "=0&.wait=0");
    CHECK(polled.status == 400);
    polled.error();
  }
  for (std::string name : {"", "cid", "lastEventId", "last_event_id", ".x", ".size"}) {
    CAPTURE(name);
    CHECK(server.push("channel=" + name, "a").status == 400);
  }
  CHECK(server.poll("=0&.wait=0").status == 400);
}

TEST_SUITE_END();
