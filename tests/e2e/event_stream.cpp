// Section 5 of the contract: event streams.

#include <doctest/doctest.h>

#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

json::value loss(const std::string& channel, const json::value& missed) {
  return json::value{{"channel", channel}, {"missed", missed}};
}

/// The event of a stream that says where it begins; the connection is cut then.
Event beginning(const Endpoint& server, const std::string& query) {
  Connection client(server);
  client.ask("GET", "/sub?" + query, {{"Accept", "text/event-stream"}});
  REQUIRE(client.read_head().status == 200);
  client.read_until("\r\n");  // the chunk's size
  EventStreamParser parser;
  parser.feed(client.read_until("\n\n"));
  REQUIRE(parser.events.size() == 1);
  CHECK(parser.events[0].type == "martd.sub");
  return parser.events[0];
}

}  // namespace

TEST_SUITE_BEGIN("event streams");

TEST_CASE_FIXTURE(DefaultServer, "a stream begins at once with its headers and its first line") {
  Connection client(server.endpoint());
  client.ask("GET", "/sub?news=now", {{"Accept", "text/event-stream"}});
  Answer head = client.read_head();
  CHECK(head.status == 200);
  CHECK(head.header("Content-Type").rfind("text/event-stream", 0) == 0);
  CHECK(head.header("Cache-Control") == "no-store, no-transform");
  CHECK(head.header("X-Accel-Buffering") == "no");
  CHECK_FALSE(head.has("Content-Length"));
  CHECK(head.header("Transfer-Encoding") == "chunked");
  CHECK(head.header("Connection") == "close");
  client.read_until("\r\n");  // the chunk's size
  CHECK(client.read_until("\n") == "retry: 2000\n");
  std::string event = client.read_until("\n\n");
  CHECK(event[0] != '\n');  // no empty line after the first
  EventStreamParser parser;
  parser.feed(event);
  REQUIRE(parser.events.size() == 1);
  CHECK(parser.events[0].type == "martd.sub");
  std::string etag = server.publish("news", "a");
  event = "id: " + etag + "\ndata: a\n\n";
  CHECK(client.read_until("\n\n\r\n") == "\r\n21\r\n" + event + "\r\n");
}

// A page followed with `now`, its connection was cut before the first message, and two were pushed before it was back:
// it had no id to come back with, so it was given nothing, and told nothing. From `0` of an empty channel it was given
// the last ten of fifteen, and no word of the first five.
TEST_CASE_FIXTURE(DefaultServer, "a stream that is cut off before its first message loses nothing") {
  for (const std::string cursor : {"now", "0"}) {
    const std::string one = "one" + cursor, two = "two" + cursor;
    for (const std::string& query : {one + "=" + cursor, one + "=" + cursor + "&" + two + "=" + cursor}) {
      std::string id;
      {
        const Event begins = beginning(server.endpoint(), query);
        id = begins.id;
        const json::value places = json::parse(begins.data);
        for (const auto& [channel, etag] : places.as_object()) CHECK(contains(id, etag.as_string()));
      }
      for (int i = 1; i <= 15; ++i) server.publish(one, std::to_string(i));
      EventStream back(server.endpoint(), query, {{"Last-Event-ID", id}});
      const Event missed = back.next();
      CHECK(missed.type == "martd.missed");
      for (int i = 6; i <= 15; ++i) CHECK(back.next().data == std::to_string(i));
      server.clear(one);
    }
  }
}

TEST_CASE("a stream's body ends by its last chunk where the server ends it, and without where it breaks") {
  for (const std::string type : {"text/event-stream", "application/x-ndjson"}) {
    for (const int signal : {SIGTERM, SIGKILL}) {
      TestServer server;
      Connection client(server.endpoint());
      client.ask("GET", "/sub?news=now", {{"Accept", type}});
      client.read_head();
      server.publish("news", "hello");
      client.read_until("hello");
      server.begin_to_stop(signal);
      const std::string rest = client.read_to_end();
      CHECK(rest.ends_with("\r\n0\r\n\r\n") == (signal == SIGTERM));
      CHECK(contains(rest, "stopping") == (signal == SIGTERM));
      if (signal == SIGKILL) CHECK(server.stop() == 128 + SIGKILL);
    }
  }
}

TEST_CASE_FIXTURE(DefaultServer, "what is kept comes first, then what is published, without a hole") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b");
  EventStream stream(server.endpoint(), "news=0");
  server.publish("news", "c");
  CHECK(stream.next() == Event{"message", "a", a});
  CHECK(stream.next() == Event{"message", "b", plus(a, 1)});
  CHECK(stream.next() == Event{"message", "c", plus(a, 2)});
}

TEST_CASE_FIXTURE(DefaultServer, "with one channel an event is called what its publisher called it") {
  EventStream stream(server.endpoint(), "news=now");
  server.publish("news", "a");
  server.publish("news", "b", "event=gr%C3%BCn+%3A");
  server.publish("news", "c");
  CHECK(stream.next().type == "message");
  CHECK(stream.next().type == "grün :");
  CHECK(stream.next().type == "message");
  CHECK(count_of(stream.body(), "event:") == 2);  // that, and the one that says where it begins
}

TEST_CASE_FIXTURE(DefaultServer, "with several channels an event is called as its channel, and its id is all cursors") {
  std::string n = server.publish("news", "n");
  std::string w = server.publish("the weather", "w");
  EventStream stream(server.endpoint(), "news=" + n + "&the+weather=0");
  CHECK(stream.next() == Event{"the weather", "w", n + "." + w});
  server.publish("news", "a", "event=named");
  CHECK(stream.next() == Event{"news", "a", plus(n, 1) + "." + w});
  server.publish("the weather", "b");
  CHECK(stream.next() == Event{"the weather", "b", plus(n, 1) + "." + plus(w, 1)});
}

TEST_CASE_FIXTURE(DefaultServer, "a stream goes on from the id of its last event") {
  EventStream first(server.endpoint(), "one=now&two=now");
  server.publish("one", "a");
  server.publish("two", "x");
  first.next();
  std::string cursor = first.next().id;
  first.connection().close();
  server.publish("two", "y");
  server.publish("one", "b");
  EventStream second(server.endpoint(), "one=0&two=0", {{"Last-Event-ID", cursor}});
  std::string a = second.next().data, b = second.next().data;
  CHECK((a + b == "by" || a + b == "yb"));
}

TEST_CASE_FIXTURE(DefaultServer, "an id is the cursor of channels that are not there, too") {
  EventStream stream(server.endpoint(), "news=now&nothing=0");
  server.publish("news", "a");
  std::string id = stream.next().id;
  CHECK(count_of(id, ".") == 1);
  CHECK_FALSE(contains(id, "now"));
  CHECK(id.substr(id.find('.')) != ".0");
  EventStream resumed(server.endpoint(), "news=0&nothing=0", {{"Last-Event-ID", id}});
  server.publish("nothing", "n");
  CHECK(resumed.next().data == "n");
}

TEST_CASE_FIXTURE(DefaultServer, "a loss is told before the next message, and its id is past it") {
  std::string a = server.publish("news", "a", "size=2");
  for (auto text : {"b", "c", "d", "e"}) server.publish("news", text, "size=2");
  EventStream stream(server.endpoint(), "news=" + a);
  Event missed = stream.next();
  CHECK(missed.type == "martd.missed");
  CHECK(json::parse(missed.data) == loss("news", 2));
  CHECK(missed.id == plus(a, 2));
  CHECK(stream.next() == Event{"message", "d", plus(a, 3)});
  EventStream resumed(server.endpoint(), "news=0", {{"Last-Event-ID", missed.id}});
  CHECK(resumed.next() == Event{"message", "d", plus(a, 3)});
}

TEST_CASE_FIXTURE(DefaultServer, "a loss without anything kept is told at once, and once") {
  EventStream holder(server.endpoint(), "news=now");
  std::string a = server.publish("news", "a");
  server.publish("news", "b");
  server.clear("news");
  EventStream stream(server.endpoint(), "news=" + a);
  Event missed = stream.next();
  CHECK(missed.type == "martd.missed");
  CHECK(json::parse(missed.data) == loss("news", 1));
  CHECK(missed.id == plus(a, 1));
  server.publish("news", "c");
  CHECK(stream.next() == Event{"message", "c", plus(a, 2)});
}

TEST_CASE_FIXTURE(DefaultServer, "a loss in the middle is told where it was") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b", "expire=1ms");
  server.publish("news", "c");
  server.await_messages("news", 2);
  EventStream stream(server.endpoint(), "news=" + plus(a, -1));
  std::string told;
  long long missed = 0;
  while (!contains(told, "c")) {
    Event event = stream.next();
    if (event.type == "martd.missed") {
      missed += json::parse(event.data).at("missed").to_number<long long>();
    } else {
      told += event.data;
      CHECK(event.id == (event.data == "a" ? a : plus(a, 2)));
    }
  }
  CHECK(told == "ac");
  CHECK(missed == 1);
}

TEST_CASE_FIXTURE(DefaultServer, "a loss is told for the channel that had it") {
  std::string a = server.publish("one", "a", "size=1");
  server.publish("one", "b", "size=1");
  server.publish("one", "c", "size=1");
  std::string x = server.publish("two", "x");
  EventStream stream(server.endpoint(), "two=" + x + "&one=" + a);
  Event missed = stream.next();
  CHECK(missed.type == "martd.missed");
  CHECK(missed.id == x + "." + plus(a, 1));
  CHECK(json::parse(missed.data) == loss("one", 1));
  CHECK(stream.next() == Event{"one", "c", x + "." + plus(a, 2)});
}

TEST_CASE("a silent stream gets a comment now and then, which is no event") {
  TestServer server({"--heartbeat", "200ms"});
  EventStream stream(server.endpoint(), "news=now");
  stream.await_comments(2);
  server.publish("news", "a");
  CHECK(stream.next().data == "a");
  stream.await_comments(4);
  CHECK(stream.retry() == 2000);
}

TEST_CASE_FIXTURE(DefaultServer, "many messages at once come in order") {
  EventStream stream(server.endpoint(), "news=now");
  Connection publisher(server.endpoint());
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "POST /pub?channel=news&size=1000 HTTP/1.1\r\nHost: " + publisher.authority() +
                "\r\nContent-Length: 3\r\n\r\n" + std::to_string(100 + i);
  }
  publisher.send(requests);
  for (int i = 0; i < 500; ++i) {
    Event event = stream.next();
    REQUIRE(event.data == std::to_string(100 + i));
  }
}

TEST_CASE_FIXTURE(DefaultServer, "requests sent behind a stream are not answered into it") {
  EventStream stream(server.endpoint(), "news=now");
  stream.connection().ask("GET", "/sub?news=now&.wait=0");
  server.publish("news", "a");
  CHECK(stream.next().data == "a");
  CHECK_FALSE(contains(stream.body(), "HTTP/1.1"));
}

TEST_SUITE_END();
