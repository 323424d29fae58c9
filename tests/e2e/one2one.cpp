// Section 5 of the contract: channels for one client at most.

#include <doctest/doctest.h>

#include <string>

#include "support/deadline.h"
#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

const Headers kEventStream{{"Accept", "text/event-stream"}};
const Headers kLines{{"Accept", "application/x-ndjson"}};

/// A channel `room` that is one2one.
struct Room : DefaultServer {
  Room() { server.set("room", "one2one=1"); }

  Answer ask(const std::string& query, const Headers& headers) const { return server.get("/sub?" + query, headers); }

  void check_refused(const std::string& query) const {
    for (auto& headers : {kEventStream, kLines}) {
      Answer answer = ask(query, headers);
      CHECK(answer.status == 409);
      CHECK(contains(answer.error(), "room"));
    }
  }

  void await_room() const {
    await("a free place", [&] { return server.poll("room=now&.wait=0").status == 200; });
  }
};

json::value closed(const std::string& reason) { return json::value{{"reason", reason}, {"channel", "room"}}; }

}  // namespace

TEST_SUITE_BEGIN("one2one");

TEST_CASE_FIXTURE(Room, "a second client is refused, whatever its transport, and what it asks for besides") {
  EventStream first(server.endpoint(), "room=now");
  check_refused("room=now");
  check_refused("other=0&room=0");
  check_refused("room=0&cid=b");
  server.publish("room", "a", "one2one=1");
  CHECK(first.next().data == "a");
  CHECK(server.inspection("other").status == 404);
}

TEST_CASE_FIXTURE(Room, "a second client's poll is held for a moment before it is refused") {
  EventStream first(server.endpoint(), "room=now");
  HeldPoll second(server.endpoint(), "room=0&other=0");
  server.publish("other", "a");
  CHECK_FALSE(second.answered());
  Answer answer = second.answer();
  CHECK(answer.status == 409);
  CHECK(contains(answer.error(), "room"));
}

TEST_CASE_FIXTURE(Room, "a client without a cid leaves its place when it goes") {
  EventStream first(server.endpoint(), "room=now");
  first.connection().close();
  await_room();
  LineStream second(server.endpoint(), "room=now");
  second.connection().abort();
  await_room();
  CHECK(server.poll("room=now&.wait=0").status == 200);
  EventStream third(server.endpoint(), "room=now");
  check_refused("room=now");
}

TEST_CASE_FIXTURE(Room, "a client with a cid keeps its place between its requests") {
  std::string cursor = server.newest("room");
  HeldPoll held(server.endpoint(), "room=" + cursor + "&cid=a");
  server.await_subscribers("room", 1);
  server.publish("room", "x", "one2one=1");
  CHECK(told_in(held.answer(), "room") == "x");
  check_refused("room=now&cid=b");
  check_refused("room=now");
  CHECK(server.poll("room=" + cursor + "&cid=a&.wait=0").status == 200);
  check_refused("room=now&cid=b");

  EventStream stream(server.endpoint(), "room=now&cid=a");
  stream.connection().abort();
  server.await_subscribers("room", 0);
  check_refused("room=now&cid=b");
  EventStream again(server.endpoint(), "room=now&cid=a");
}

TEST_CASE_FIXTURE(DefaultServer, "a place keeps the channel, ten seconds long, and then others come in") {
  server.set("room", "one2one=1&life=1ms");
  EventStream client(server.endpoint(), "room=now&cid=a");
  server.set("room", "one2one=1&life=1ms");
  server.await_messages("room", 0);
  client.connection().close();
  server.await_subscribers("room", 0);
  auto room = server.inspect("room");
  CHECK(room.at("one2one").as_bool());
  CHECK(server.get("/sub?room=now&cid=b", kEventStream).status == 409);
  server.await_forgotten("room");
  EventStream other(server.endpoint(), "room=now&cid=b");
}

TEST_CASE_FIXTURE(Room, "the same client on a newer connection replaces its older event stream") {
  EventStream older(server.endpoint(), "room=now&cid=a");
  EventStream newer(server.endpoint(), "room=now&cid=a");
  Event end = older.next();
  CHECK(end.type == "martd.closed");
  CHECK(json::parse(end.data) == closed("replaced"));
  CHECK(older.ends());
  // Two tabs with one cid chased each other every two seconds, for ever: a browser comes back from whatever isn't an
  // error. Told to wait for a day, it stays away.
  CHECK(older.retry() == 86400000);
  Answer pushed = server.push("channel=room&one2one=1", "x");
  CHECK(pushed.object().at("subscribers") == 1);
  CHECK(newer.next().data == "x");
}

TEST_CASE_FIXTURE(Room, "a replaced line stream says so in a line") {
  LineStream older(server.endpoint(), "room=now&other=now&cid=a");
  server.await_subscribers("room", 1);
  EventStream newer(server.endpoint(), "room=now&cid=a");
  CHECK(older.next() == json::object{{"closed", "replaced"}, {"channel", "room"}});
  CHECK(older.ends());
  server.await_subscribers("other", 0);
}

TEST_CASE_FIXTURE(Room, "a replaced poll is answered as after its wait") {
  std::string cursor = server.newest("room");
  HeldPoll older(server.endpoint(), "room=" + cursor + "&cid=a");
  server.await_subscribers("room", 1);
  HeldPoll newer(server.endpoint(), "room=" + cursor + "&cid=a");
  Answer answer = older.answer();
  CHECK(answer.status == 200);
  json::value expected = {{"channels", {{"room", {{"etag", cursor}, {"payload", json::array{}}}}}}};
  CHECK(answer.parsed() == expected);
  server.publish("room", "x", "one2one=1");
  CHECK(told_in(newer.answer(), "room") == "x");
}

// A client that was started twice with one cid: each poll replaced the other, was answered at once, asked again and
// replaced. The two made six thousand requests a second.
TEST_CASE_FIXTURE(Room, "a replaced poll is held for a moment before it is answered, and follows nothing meanwhile") {
  std::string cursor = server.newest("room");
  std::string other = server.publish("other", "a");
  std::string query = "room=" + cursor + "&other=" + other + "&cid=a";
  HeldPoll older(server.endpoint(), query);
  server.await_subscribers("other", 1);
  EventStream newer(server.endpoint(), "room=now&cid=a");
  server.await_subscribers("other", 0);
  std::string later = server.publish("other", "b");
  CHECK(server.inspect("room").at("subscribers") == 1);
  CHECK_FALSE(older.answered());
  Answer answer = older.answer();
  CHECK(answer.status == 200);
  CHECK(told_in(answer, "other").empty());
  CHECK(cursor_in(answer) == cursor + "." + other);
  CHECK(server.told("other", other) == "b");
}

TEST_CASE(
    "a replaced poll with If-None-Match gets its 304, and one that is put off when the server stops gets it at once") {
  TestServer server({"--grace", "60s"});
  server.set("room", "one2one=1");
  std::string cursor = server.newest("room");
  Headers known{{"If-None-Match", "\"" + cursor + "\""}};
  HeldPoll first(server.endpoint(), "room=0&cid=a", known);
  server.await_subscribers("room", 1);
  HeldPoll second(server.endpoint(), "room=0&cid=a", known);
  CHECK(first.answer().status == 304);
  EventStream third(server.endpoint(), "room=now&cid=a");
  server.begin_to_stop();
  Answer answer = second.answer();
  CHECK(answer.status == 304);
  CHECK(answer.header("Connection") == "close");
}

// A page with two calls of martd.sub for one one2one channel: the second caught up by a poll that doesn't wait, which
// took the place of the stream, and then nobody was there.
TEST_CASE_FIXTURE(Room, "a poll that is answered at once takes no place, and replaces nobody") {
  EventStream stream(server.endpoint(), "room=now&cid=a");
  CHECK(server.poll("room=now&cid=a&.wait=0").status == 200);
  server.publish("room", "x", "one2one=1");
  CHECK(stream.next().data == "x");
  CHECK(told_in(server.poll("room=0&cid=a"), "room") == "x");  // it would have waited
  server.publish("room", "y", "one2one=1");
  CHECK(stream.next().data == "y");
  check_refused("room=now&cid=b");
  stream.connection().close();

  server.set("free", "one2one=1");
  CHECK(server.poll("free=now&cid=a&.wait=0").status == 200);
  EventStream other(server.endpoint(), "free=now&cid=b");
}

TEST_CASE_FIXTURE(DefaultServer, "a push that makes a channel one2one closes all but the client that came first") {
  EventStream first(server.endpoint(), "room=now");
  EventStream stream(server.endpoint(), "room=now&other=now&cid=b");
  LineStream lines(server.endpoint(), "room=now");
  server.await_subscribers("room", 3);
  HeldPoll poll(server.endpoint(), "room=now&other=now");
  server.await_subscribers("room", 4);

  Answer answer = server.push("channel=room&one2one=1", "x");
  CHECK(answer.object().at("subscribers") == 1);
  Event end = stream.next();
  CHECK(end.type == "martd.closed");
  CHECK(json::parse(end.data) == closed("one2one"));
  CHECK(stream.ends());
  CHECK(lines.next() == json::object{{"closed", "one2one"}, {"channel", "room"}});
  CHECK(lines.ends());
  Answer refusal = poll.answer();
  CHECK(refusal.status == 409);
  CHECK(contains(refusal.error(), "room"));
  CHECK(first.next().data == "x");
  server.await_subscribers("room", 1);
  server.await_subscribers("other", 0);
}

TEST_CASE_FIXTURE(DefaultServer, "an empty body that makes a channel one2one closes the rest, too") {
  EventStream first(server.endpoint(), "room=now");
  EventStream second(server.endpoint(), "room=now");
  CHECK(server.push("channel=room&one2one=true").object().at("subscribers") == 1);
  CHECK(second.next().type == "martd.closed");
  CHECK(second.ends());
  server.publish("room", "x", "one2one=true");
  CHECK(first.next().data == "x");
}

TEST_CASE_FIXTURE(Room, "a channel that is one2one no more takes others in") {
  EventStream first(server.endpoint(), "room=now");
  server.set("room", "one2one=0");
  EventStream second(server.endpoint(), "room=now");
  server.publish("room", "x");
  CHECK(first.next().data == "x");
  CHECK(second.next().data == "x");
}

TEST_SUITE_END();
