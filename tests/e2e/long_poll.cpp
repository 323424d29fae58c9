// Section 5 of the contract: long-poll.

#include <doctest/doctest.h>

#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

TEST_SUITE_BEGIN("long-poll");

TEST_CASE_FIXTURE(DefaultServer, "a poll is answered at once with what follows its cursor") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b \"quoted\" \\ ü\n\x01");
  std::string c = server.publish("news", "c");
  Answer answer = server.poll("news=" + a);
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Type").rfind("application/json", 0) == 0);
  CHECK(answer.header("Cache-Control") == "no-store");
  CHECK(answer.header("ETag") == "\"" + c + "\"");
  json::value expected = {
      {"channels", {{"news", {{"etag", c}, {"payload", json::array{"b \"quoted\" \\ ü\n\x01", "c"}}}}}}};
  CHECK(answer.parsed() == expected);
}

TEST_CASE_FIXTURE(DefaultServer, "a poll without news is held until there is some") {
  std::string a = server.publish("news", "a");
  HeldPoll first(server.endpoint(), "news=" + a);
  HeldPoll second(server.endpoint(), "other=now&news=" + a);
  server.await_subscribers("news", 2);
  CHECK_FALSE(first.answered());
  std::string b = server.publish("news", "b");
  CHECK(told_in(first.answer(), "news") == "b");
  Answer answer = second.answer();
  CHECK(told_in(answer, "news") == "b");
  CHECK(text_at(answer.parsed().at("channels").at("news"), "etag") == b);
  server.await_subscribers("news", 0);
}

TEST_CASE_FIXTURE(DefaultServer, "an empty message wakes nobody") {
  HeldPoll poll(server.endpoint(), "news=now");
  server.await_subscribers("news", 1);
  server.set("news", "size=3");
  server.publish("news", "a", "size=3");
  CHECK(told_in(poll.answer(), "news") == "a");
}

TEST_CASE_FIXTURE(DefaultServer, "channels without news are left out, save those that were asked for with now") {
  std::string a = server.publish("one", "a");
  std::string x = server.publish("quiet", "x");
  std::string y = server.publish("fresh", "y");
  Answer answer = server.poll("quiet=" + x + "&one=0&fresh=now&nothing=0&newborn=now");
  auto channels = answer.parsed().at("channels").as_object();
  CHECK(channels.size() == 3);
  CHECK(channels.at("one") == json::value{{"etag", a}, {"payload", json::array{"a"}}});
  CHECK(channels.at("fresh") == json::value{{"etag", y}, {"payload", json::array{}}});
  CHECK(channels.at("newborn").at("payload").as_array().empty());
  std::string newborn = text_at(channels.at("newborn"), "etag");
  CHECK(newborn != "now");

  // The whole cursor has a place for each, those left out too, and goes on from there.
  std::string cursor = cursor_in(answer);
  CHECK(count_of(cursor, ".") == 4);
  CHECK(cursor.rfind(x + "." + a + "." + y + ".", 0) == 0);
  server.publish("newborn", "n");
  server.publish("nothing", "m");
  Answer next = server.poll("quiet=0&one=0&fresh=0&nothing=0&newborn=0", {{"Last-Event-ID", cursor}});
  CHECK(told_in(next, "newborn") == "n");
  CHECK(told_in(next, "nothing") == "m");
  CHECK(next.parsed().at("channels").as_object().size() == 2);
}

TEST_CASE_FIXTURE(DefaultServer, "a wait of nothing answers at once with every channel, its cursor and nothing") {
  std::string a = server.publish("news", "a");
  Answer answer = server.poll("news=" + a + "&other=0&.wait=0");
  CHECK(answer.status == 200);
  auto channels = answer.parsed().at("channels").as_object();
  CHECK(channels.size() == 2);
  CHECK(channels.at("news") == json::value{{"etag", a}, {"payload", json::array{}}});
  std::string other = text_at(channels.at("other"), "etag");
  CHECK(other != "0");
  CHECK(answer.header("ETag") == "\"" + a + "." + other + "\"");
  CHECK(answer.header("Cache-Control") == "no-store");
}

TEST_CASE_FIXTURE(DefaultServer, "a poll whose wait is over is answered with every channel, its cursor and nothing") {
  std::string a = server.publish("news", "a");
  for (std::string wait : {"200ms", "1"}) {
    Answer answer = server.poll("news=" + a + "&.wait=" + wait);
    CHECK(answer.status == 200);
    json::value expected = {{"channels", {{"news", {{"etag", a}, {"payload", json::array{}}}}}}};
    CHECK(answer.parsed() == expected);
    CHECK(cursor_in(answer) == a);
  }
}

TEST_CASE("the usual wait is lowered to the longest that the operator allows") {
  TestServer server({"--max-wait", "300ms"});
  Answer answer = server.poll("news=0");
  CHECK(answer.status == 200);
  CHECK(told_in(answer, "news") == "");
  CHECK(server.poll("news=0&.wait=1").status == 400);
}

TEST_CASE_FIXTURE(DefaultServer, "a wait out of its range or of an unknown form is refused") {
  for (std::string wrong : {"301", "-1", "abc", "6m"}) {
    CAPTURE(wrong);
    Answer answer = server.poll("news=0&.wait=" + wrong);
    CHECK(answer.status == 400);
    CHECK(contains(answer.error(), "wait"));
  }
  server.publish("news", "a");
  CHECK(server.poll("news=0&.wait=300").status == 200);
  CHECK(server.poll("news=0&.wait=5m").status == 200);
}

TEST_CASE_FIXTURE(DefaultServer, "an If-None-Match is the cursor, and what has no news is a 304") {
  std::string a = server.publish("news", "a");
  for (std::string form : {"\"" + a + "\"", "W/\"" + a + "\"", a}) {
    CAPTURE(form);
    Answer answer = server.poll("news=0&.wait=0", {{"If-None-Match", form}});
    CHECK(answer.status == 304);
    CHECK(answer.body == "");
    CHECK(cursor_in(answer) == a);
  }
  Answer waited = server.poll("news=0&.wait=200ms", {{"If-None-Match", "\"" + a + "\""}});
  CHECK(waited.status == 304);
  std::string b = server.publish("news", "b");
  Answer news = server.poll("news=0", {{"If-None-Match", "\"" + a + "\""}});
  CHECK(news.status == 200);
  CHECK(told_in(news, "news") == "b");
  CHECK(cursor_in(news) == b);
}

TEST_CASE_FIXTURE(DefaultServer, "an empty cursor header is none") {
  std::string a = server.publish("news", "a");
  CHECK(told_in(server.poll("news=0", {{"Last-Event-ID", ""}}), "news") == "a");
  Answer answer = server.poll("news=" + a + "&.wait=0", {{"If-None-Match", ""}});
  CHECK(answer.status == 200);
}

TEST_CASE_FIXTURE(DefaultServer, "a 304 leaves the connection open for the next request") {
  std::string a = server.publish("news", "a");
  Connection client(server.endpoint());
  for (int i = 0; i < 3; ++i) {
    client.ask("GET", "/sub?news=0&.wait=0", {{"If-None-Match", "\"" + a + "\""}});
    CHECK(client.read_answer().status == 304);
  }
}

TEST_CASE_FIXTURE(DefaultServer, "payloads that are not UTF-8 are base64, and their places named") {
  server.publish("news", "plain");
  server.publish("news", "\xFF");
  server.publish("news", "ü");
  server.publish("news", "\xED\xA0\x80");
  Answer answer = server.poll("news=0");
  auto channel = answer.parsed().at("channels").at("news").as_object();
  CHECK(channel.at("base64") == json::array{1, 3});
  auto payload = channel.at("payload").as_array();
  CHECK(payload.at(0) == "plain");
  CHECK(base64_decoded(payload.at(1).as_string()) == "\xFF");
  CHECK(payload.at(2) == "ü");
  CHECK(base64_decoded(payload.at(3).as_string()) == "\xED\xA0\x80");
  CHECK(is_valid_utf8(answer.body));
}

TEST_CASE_FIXTURE(DefaultServer, "a payload of zero bytes and control characters comes back exactly") {
  std::string payload("\0\x1F\x7F\xC2\x85\xE2\x80\xA8\"\\/", 12);
  server.publish("news", payload);
  CHECK(server.poll("news=0").parsed().at("channels").at("news").at("payload").at(0) == json::value(payload));
}

TEST_CASE_FIXTURE(DefaultServer, "a poll without any channel is held for its wait and answered with none") {
  Answer at_once = server.poll(".wait=0");
  CHECK(at_once.status == 200);
  CHECK(at_once.parsed() == json::value{{"channels", json::object{}}});
  HeldPoll held(server.endpoint(), "");
  server.publish("news", "a");
  CHECK_FALSE(held.answered());
  Answer waited = server.poll("cid=x&.wait=200ms");
  CHECK(waited.parsed() == json::value{{"channels", json::object{}}});
  CHECK(server.get("/sub?.wait=0").status == 200);
}

TEST_CASE_FIXTURE(DefaultServer, "a long list of channels is asked for with a form") {
  std::string form = ".wait=0";
  for (int i = 0; i < 1000; ++i) form += "&a%20rather+long+name%20of+a+channel%20" + std::to_string(i) + "=0";
  server.publish("a rather long name of a channel 999", "hello");
  Headers type{{"Content-Type", "application/x-www-form-urlencoded"}};
  Answer answer = server.send({"POST", "/sub", type, form});
  CHECK(answer.status == 200);
  CHECK(told_in(answer, "a rather long name of a channel 999") == "hello");
  CHECK(answer.object().at("channels").as_object().size() == 1);
  Answer one_more = server.send({"POST", "/sub", type, form + "&more=0"});
  CHECK(one_more.status == 400);
  CHECK(contains(one_more.error(), "1000"));
}

TEST_CASE_FIXTURE(DefaultServer, "a client that hangs up is no subscriber any more") {
  {
    HeldPoll poll(server.endpoint(), "news=now");
    EventStream stream(server.endpoint(), "news=now");
    LineStream lines(server.endpoint(), "news=now");
    server.await_subscribers("news", 3);
  }
  server.await_forgotten("news");
  HeldPoll reset(server.endpoint(), "news=now");
  server.await_subscribers("news", 1);
  reset.connection().abort();
  server.await_forgotten("news");
}

TEST_SUITE_END();
