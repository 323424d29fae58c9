// The admin listener: channels, and what an operator may do with them.

#include <doctest/doctest.h>

#include <set>

#include "admin_server.h"

using namespace martd::test;

namespace {

/// The names in an answer of /channels, joined by spaces.
std::string names(const json::value& page) {
  std::string all;
  for (const json::value& row : page.at("channels").as_array())
    all += (all.empty() ? "" : " ") + text_at(row, "channel");
  return all;
}

}  // namespace

TEST_SUITE_BEGIN("admin");

TEST_CASE("channels by name, from a prefix on, page by page") {
  AdminServer server;
  for (const char* name : {"b", "a", "news/1", "news/2", "caf\xC3\xA9"}) server.publish(name, "hello", "size=3");
  EventStream stream(server.endpoint(), "b=now");
  auto page = server.ask("/channels");
  CHECK(names(page) == "a b caf\xC3\xA9 news/1 news/2");
  CHECK(page.at("total").to_number<int>() == 5);
  CHECK(page.at("more").as_bool() == false);
  const auto& row = page.at("channels").at(1);
  CHECK(row.at("subscribers").to_number<int>() == 1);
  CHECK(row.at("messages").to_number<int>() == 1);
  CHECK(row.at("bytes").to_number<int>() == 5);
  CHECK(row.at("size").to_number<int>() == 3);
  CHECK(text_at(row, "etag") == server.newest("b"));
  CHECK(names(server.ask("/channels?prefix=news%2F")) == "news/1 news/2");
  page = server.ask("/channels?limit=2");
  CHECK(names(page) == "a b");
  CHECK(page.at("more").as_bool());
  CHECK(names(server.ask("/channels?limit=2&after=" + percent_encoded(text_at(page, "after")))) ==
        "caf\xC3\xA9 news/1");
}

TEST_CASE("one channel: attributes, backlog with etags and sizes, who follows it and how far behind") {
  AdminServer server({"--threads", "2"});
  server.push("channel=a/b&size=5&life=1h&key=hush&event=greeting&id=7", "hello", {{"Content-Type", "text/plain"}});
  const std::string etag = server.push("channel=a/b&size=5&key=hush", "four").parsed().at("etag").as_string().c_str();
  EventStream stream(server.endpoint(), "a%2Fb=now&cid=reader");
  LineStream lines(server.endpoint(), "a%2Fb=now&other=now");
  HeldPoll poll(server.endpoint(), "a%2Fb=" + etag);
  await("all of them", [&] { return server.ask("/channels/a%2Fb").at("subscribers").to_number<int>() == 3; });
  const Answer answer = server.desk.get("/channels/a%2Fb");
  CHECK_FALSE(contains(answer.body, "hush"));
  const auto channel = answer.parsed();
  CHECK(text_at(channel, "channel") == "a/b");
  CHECK(channel.at("keyed").as_bool());
  CHECK(channel.at("life").to_number<double>() == 3600);
  REQUIRE(channel.at("backlog").as_array().size() == 2);
  CHECK(text_at(channel.at("backlog").at(0), "etag") == etag);
  CHECK(channel.at("backlog").at(0).at("bytes").to_number<int>() == 4);
  CHECK(text_at(channel.at("backlog").at(1), "event") == "greeting");
  CHECK(text_at(channel.at("backlog").at(1), "id") == "7");
  CHECK(text_at(channel.at("backlog").at(1), "type") == "text/plain");
  REQUIRE(channel.at("seats").as_array().size() == 3);
  std::set<std::string> transports;
  for (const json::value& seat : channel.at("seats").as_array()) {
    transports.insert(text_at(seat, "transport"));
    CHECK((text_at(seat, "address") == "127.0.0.1" || text_at(seat, "address") == "::1"));
    CHECK(text_at(seat, "etag") == etag);
    CHECK(seat.at("messages_behind").to_number<int>() == 0);
    CHECK((text_at(seat, "transport") == "sse") == seat.as_object().contains("cid"));
  }
  CHECK(transports == std::set<std::string>{"poll", "sse", "lines"});
  CHECK(channel.at("silent_loops").as_array().empty());
  CHECK(server.ask("/channels/a%2Fb?messages=1").at("backlog_more").as_bool());
  CHECK(server.ask("/channels/a%2Fb?subscribers=1").at("seats").as_array().size() == 1);
  CHECK(server.desk.get("/channels/nothing").status == 404);
}

TEST_CASE("a reader that doesn't read is seen to be behind") {
  AdminServer server({"--max-behind", "1K"});
  ConnectOptions small;
  small.receive_buffer = 4096;
  EventStream slow(server.endpoint(), "news=now&cid=slow", {}, small);
  const std::string payload(200000, 'x');
  await("it is behind", [&] {
    server.publish("news", payload);
    const auto seat = server.ask("/channels/news").at("seats").at(0);
    return seat.at("messages_behind").to_number<int>() > 0 && seat.at("bytes_waiting").to_number<int>() > 0;
  });
}

TEST_CASE("an operator publishes as /pub does, past rights and keys") {
  AdminServer server({"--publish-from", "none"});
  CHECK(server.push("channel=news", "a").status == 403);
  const Answer first = server.post("/publish?channel=news&key=hush&id=1", "hello");
  CHECK(first.status == 200);
  CHECK(first.object().contains("etag"));
  CHECK(server.push("channel=news", "b").status == 403);
  CHECK(server.post("/publish?channel=news&id=2", "without the key").status == 200);
  CHECK(server.post("/publish?channel=news&id=2", "again").object().at("duplicate").as_bool());
  CHECK(server.push("channel=news&key=hush", "with the key it still has").status == 200);
  CHECK(server.kept("news") == "hello without the key with the key it still has");
  CHECK(server.post("/publish?channel=news", "x", {{"If-Match", "\"1\""}}).status == 412);
  const Answer several = server.post("/publish?channel=a&channel=b", "x");
  CHECK(several.object().at("channels").as_object().size() == 2);
  const Answer wrong = server.post("/publish?channel=news&sise=3", "x");
  CHECK(wrong.status == 400);
  CHECK(contains(wrong.error(), "size"));
  CHECK(server.desk.send({"PUT", "/publish?channel=news", {}, "put"}).status == 200);
  CHECK(server.desk.get("/publish?channel=news").status == 405);
}

TEST_CASE("an operator publishes large payloads, up to the limit") {
  AdminServer server({"--max-payload", "2M"});
  CHECK(server.post("/publish?channel=news", std::string(2 << 20, 'x')).status == 200);
  CHECK(server.post("/publish?channel=news", std::string((2 << 20) + 1, 'x')).status == 413);
  CHECK(server.ask("/channels/news").at("bytes").to_number<int>() == 2 << 20);
}

TEST_CASE("below a prefix the operator's paths stay where they are") {
  AdminServer server({"--prefix", "/push"});
  EventStream followed(server.desk.endpoint(), "/subscribe?news=now&.transport=sse");
  CHECK(server.post("/publish?channel=news", "a").status == 200);
  CHECK(followed.next().data == "a");
}

TEST_CASE("an operator drops a channel's messages, with a key or without") {
  AdminServer server;
  server.push("channel=a%2Fb&key=hush", "x");
  server.push("channel=a%2Fb&key=hush", "y");
  const Answer dropped = server.desk.send({"DELETE", "/channels/a%2Fb"});
  CHECK(dropped.status == 200);
  CHECK(dropped.object().at("dropped").to_number<int>() == 2);
  CHECK(server.desk.get("/channels/a%2Fb").status == 404);
  CHECK(server.desk.send({"DELETE", "/channels/a%2Fb"}).status == 404);
}

TEST_CASE("watching shows what is kept and what comes, and takes no seat") {
  AdminServer server;
  server.push("channel=line&one2one=1", "first", {{"Content-Type", "text/x"}});
  EventStream watched(server.desk.endpoint(), "/channels/line/watch?since=0");
  auto message = json::parse(watched.next().data);
  CHECK(text_at(message, "payload") == "first");
  CHECK(text_at(message, "channel") == "line");
  CHECK(text_at(message, "type") == "text/x");
  CHECK(server.inspect("line").at("subscribers").to_number<int>() == 0);
  // A one2one channel has room for a client beside who watches.
  EventStream client(server.endpoint(), "line=now&cid=x");
  server.push("channel=line&one2one=1", "second");
  const Event second = watched.next();
  CHECK(second.id == text_at(json::parse(second.data), "etag"));
  CHECK(client.next().data == "second");
  // And goes on from there after a break.
  EventStream again(server.desk.endpoint(), "/channels/line/watch", {{"Last-Event-ID", plus(second.id, -1)}});
  CHECK(text_at(json::parse(again.next().data), "payload") == "second");
}

// An operator's page watched a silent channel, its connection broke, fifteen came, and ten were shown without a word.
TEST_CASE("who watches and is cut off before the first message is told what was dropped meanwhile") {
  AdminServer server;
  for (const std::string name : {"absent", "silent"}) {
    if (name == "silent") server.set(name, "size=2");
    std::string id;
    {
      Connection client(server.desk.endpoint());
      client.ask("GET", "/channels/" + name + "/watch?since=0");
      client.read_until("event: martd.sub\ndata: {\"" + name + "\":\"");
      id = client.read_until("\"");
      id.pop_back();
    }
    for (const char* text : {"a", "b", "c"}) server.publish(name, text, "size=2");
    EventStream back(server.desk.endpoint(), "/channels/" + name + "/watch?since=0", {{"Last-Event-ID", id}});
    CHECK(back.next().type == "martd.missed");
    CHECK(text_at(json::parse(back.next().data), "payload") == "b");
    CHECK(text_at(json::parse(back.next().data), "payload") == "c");
  }
}

TEST_CASE("watching a channel that isn't there yet shows its first message, and a loss is told") {
  AdminServer server;
  EventStream watched(server.desk.endpoint(), "/channels/news/watch");
  server.publish("news", "first");
  CHECK(text_at(json::parse(watched.next().data), "payload") == "first");
  const std::string etag = server.publish("news", "x", "size=1");
  server.publish("news", "y", "size=1");
  server.publish("news", "z", "size=1");
  EventStream late(server.desk.endpoint(), "/channels/news/watch?since=" + etag);
  const Event missed = late.next();
  CHECK(missed.type == "martd.missed");
  CHECK(json::parse(missed.data).at("missed").to_number<int>() == 1);
  CHECK(text_at(json::parse(late.next().data), "payload") == "z");
}

TEST_SUITE_END();
