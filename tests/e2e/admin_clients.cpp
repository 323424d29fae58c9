// The admin listener: who follows, who is closed and why, and following through it.

#include <doctest/doctest.h>

#include "admin_server.h"

using namespace martd::test;

TEST_SUITE_BEGIN("admin");

TEST_CASE("all who follow anything, with address, cid, transport and since when") {
  AdminServer server({"--threads", "2"});
  EventStream stream(server.endpoint(), "a=now&b=now&cid=x");
  HeldPoll poll(server.endpoint(), "c=now");
  server.await_subscribers("c", 1);
  const auto answer = server.ask("/subscribers");
  REQUIRE(answer.at("subscribers").as_array().size() == 2);
  for (const json::value& row : answer.at("subscribers").as_array()) {
    const bool is_poll = text_at(row, "transport") == "poll";
    CHECK(text_at(row, "channel") == (is_poll ? "c" : "a"));
    CHECK(row.at("channels").to_number<int>() == (is_poll ? 1 : 2));
    CHECK(row.at("since").to_number<double>() > 1.7e9);
  }
  CHECK(answer.at("silent_loops").as_array().empty());
  CHECK(server.ask("/subscribers?limit=1").at("more").as_bool());
}

TEST_CASE("behind a trusted proxy it is the client that is named") {
  AdminServer server({"--trusted-proxy", "127.0.0.1,::1"});
  EventStream stream(server.endpoint(), "a=now", {{"X-Forwarded-For", "192.0.2.7"}});
  CHECK(text_at(server.ask("/subscribers").at("subscribers").at(0), "address") == "192.0.2.7");
}

TEST_CASE("a client is kicked by its cid, whatever it follows by") {
  AdminServer server({"--threads", "2"});
  EventStream stream(server.endpoint(), "news=now&more=now&cid=x");
  LineStream lines(server.endpoint(), "news=now&cid=x");
  HeldPoll poll(server.endpoint(), "news=now&cid=x");
  EventStream other(server.endpoint(), "news=now&cid=y");
  server.await_subscribers("news", 4);
  const Answer kicked = server.post("/channels/news/kick?cid=x");
  CHECK(kicked.object().at("kicked").to_number<int>() == 3);
  const Event closed = stream.next();
  CHECK(closed.type == "martd.closed");
  CHECK(text_at(json::parse(closed.data), "reason") == "kicked");
  CHECK(text_at(json::parse(closed.data), "channel") == "news");
  CHECK(stream.ends());
  CHECK(stream.retry() == 86400000);  // else a browser would be back in two seconds
  CHECK(text_at(lines.next(), "closed") == "kicked");
  const Answer refused = poll.answer();
  CHECK(refused.status == 403);
  CHECK(contains(refused.error(), "news"));
  server.publish("news", "a");
  CHECK(other.next().data == "a");
  CHECK(server.stats().at("endings").at("kicked").to_number<int>() == 3);

  const auto endings = server.ask("/endings").at("endings").as_array();
  REQUIRE(endings.size() == 3);
  for (const json::value& note : endings) {
    CHECK(text_at(note, "ending") == "kicked");
    CHECK(text_at(note, "cid") == "x");
    CHECK(text_at(note, "channel") == "news");
    CHECK(note.at("channels").to_number<int>() == (text_at(note, "transport") == "sse" ? 2 : 1));
  }
}

TEST_CASE("a client without a cid is kicked by its seat") {
  AdminServer server({"--threads", "1"});  // so that they are listed in the order in which they came
  EventStream first(server.endpoint(), "news=now"), second(server.endpoint(), "news=now");
  const auto seats = server.ask("/channels/news").at("seats").as_array();
  REQUIRE(seats.size() == 2);
  const std::string seat = std::to_string(seats[1].at("seat").to_number<int>());
  CHECK(server.post("/channels/news/kick?seat=" + seat).object().at("kicked").to_number<int>() == 1);
  CHECK(second.next().type == "martd.closed");
  CHECK(server.post("/channels/news/kick?seat=" + seat).object().at("kicked").to_number<int>() == 0);
  server.publish("news", "a");
  CHECK(first.next().data == "a");
}

TEST_CASE("who went is told from who was closed") {
  AdminServer server;
  server.publish("line", "a", "one2one=1");
  {
    EventStream first(server.endpoint(), "line=now&cid=x");
    EventStream again(server.endpoint(), "line=now&cid=x");
    CHECK(first.next().type == "martd.closed");
  }
  await("both", [&] { return server.ask("/endings").at("endings").as_array().size() == 2; });
  const auto endings = server.ask("/endings").at("endings").as_array();
  CHECK(text_at(endings[0], "ending") == "hung_up");
  CHECK(text_at(endings[1], "ending") == "replaced");
}

TEST_CASE("following through the admin listener is what a client has") {
  AdminServer server;
  server.publish("news", "a");
  const Answer poll = server.desk.get("/subscribe?news=0");
  CHECK(poll.status == 200);
  CHECK(told_in(poll, "news") == "a");
  const std::string etag = cursor_in(poll);
  CHECK(etag == server.newest("news"));
  CHECK(server.desk.get("/subscribe?news=0&.wait=0", {{"If-None-Match", '"' + etag + '"'}}).status == 304);
  EventStream stream(server.desk.endpoint(), "/subscribe?news=0&.transport=sse&.format=json");
  CHECK(text_at(json::parse(stream.next().data), "payload") == "a");
  CHECK(server.inspect("news").at("subscribers").to_number<int>() == 1);
  CHECK(text_at(server.ask("/channels/news").at("seats").at(0), "address") == "127.0.0.1");
  // It has no more rights than a client has, and hears the same refusals.
  CHECK(server.desk.get("/subscribe?news=x").status == 400);
  server.publish("line", "x", "one2one=1");
  EventStream holder(server.endpoint(), "line=now&cid=1");
  const Answer refused = server.desk.get("/subscribe?line=now&cid=2&.transport=sse");
  CHECK(refused.status == 409);
  CHECK(contains(refused.error(), "line"));
}

TEST_CASE("a browser that goes away gives its seat back") {
  AdminServer server;
  {
    EventStream stream(server.desk.endpoint(), "/subscribe?news=now&.transport=sse");
    server.await_subscribers("news", 1);
  }
  server.await_forgotten("news");
}

TEST_SUITE_END();
