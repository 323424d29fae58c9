// What every kind of subscriber does alike, over a connection, by one suite. A new kind needs a row in client.h.

#include "client.h"
#include "push/ending.h"
#include "push/hub.h"
#include "push/overseer.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace {

/// One kind after another, each with a server of its own.
template <class Test>
void for_each_kind(Test test) {
  for (const Kind kind : kKinds) {
    const std::string subscriber = name_of(kind);
    CAPTURE(subscriber);
    WorkerTest server;
    test(server, kind);
  }
}

push::Attributes sized(std::uint32_t size) {
  push::Attributes attributes;
  attributes.size = size;
  return attributes;
}
push::Attributes one2one() {
  push::Attributes attributes;
  attributes.one2one = true;
  return attributes;
}

}  // namespace

TEST_CASE("subscriber: gets what is kept, then what is published, once and in order") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    server.publish("news", "a");
    server.publish("news", "b");
    Client client(server, kind, "news=0");
    CHECK(client.told() == "a b");
    CHECK(client.status == 200);
    CHECK(server.subscribers("news") == 1);
    server.publish("news", "c");
    CHECK(client.told() == "c");
    server.publish("news", "d");
    server.publish("news", "e");
    CHECK(client.told() == "d e");
    CHECK(client.told().empty());
  });
}

TEST_CASE("subscriber: now is only what comes from now on, and a channel need not exist yet") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    server.publish("news", "a");
    Client client(server, kind, "news=now");
    Client early(server, kind, "later=0");
    CHECK(client.told().empty());
    CHECK(early.told().empty());
    server.publish("news", "b");
    server.publish("later", "c");
    CHECK(client.told() == "b");
    CHECK(early.told() == "c");
  });
}

TEST_CASE("subscriber: comes back with the cursor that it was given, and nothing is lost or told twice") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    server.publish("news", "a");
    Client first(server, kind, "news=0");
    CHECK(first.told() == "a");
    const std::string cursor =
        first.cursor.front() == '"' ? first.cursor.substr(1, first.cursor.size() - 2) : first.cursor;
    first.hang_up();
    server.turn();
    server.publish("news", "b");
    Client second(server, kind, "news=" + cursor);
    CHECK(second.told() == "b");
  });
}

TEST_CASE("subscriber: an empty message isn't sent") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    Client client(server, kind, "news=now");
    CHECK(client.told().empty());
    server.publish("news", "");
    CHECK(client.told().empty());
    server.publish("news", "a");
    CHECK(client.told() == "a");
  });
}

TEST_CASE("subscriber: a loss is told, with its count, before what follows it, once") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    const auto etag = server.publish("news", "a", sized(2)).etag;
    for (const char* payload : {"b", "c", "d", "e"}) server.publish("news", payload, sized(2));
    Client client(server, kind, "news=" + to_string(etag));
    CHECK(client.told() == "[missed 2] d e");
    CHECK(client.told().empty());
    server.publish("news", "f", sized(2));
    CHECK(client.told() == "f");
  });
}

TEST_CASE("subscriber: empty messages that are gone are no loss, among others they are counted") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    const auto first = server.publish("news", "a", sized(2)).etag;
    const auto read = server.publish("news", "b", sized(2)).etag;
    for (int i = 0; i < 5; ++i) server.publish("news", "", sized(2));
    Client client(server, kind, "news=" + to_string(read));
    CHECK(client.told().empty());
    server.publish("news", "c", sized(2));
    CHECK(client.told() == "c");
    Client late(server, kind, "news=" + to_string(read));
    CHECK(late.told() == "c");
    Client missed(server, kind, "news=" + to_string(first));
    CHECK(missed.told() == "[missed 5] c");
  });
}

TEST_CASE("subscriber: a loss with nothing kept is told at once") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    const auto etag = server.publish("news", "a").etag;
    server.publish("news", "b");
    Client keeping(server, kind, "news=now");
    CHECK(keeping.told().empty());
    CHECK(push::test::clear_in(server.hub, "news", server.loop.now())->dropped == 2);
    Client client(server, kind, "news=" + to_string(etag));
    CHECK(client.told() == "[missed 1]");
    CHECK(client.told().empty());
    CHECK(keeping.told().empty());
    server.publish("news", "c");
    CHECK(client.told() == "c");
    CHECK(keeping.told() == "c");
  });
}

TEST_CASE("subscriber: a cursor from before the start, or from later than now, is told of an unknown loss, once") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    server.publish("news", "a");
    for (const char* cursor : {"17", "18000000000000000000"}) {
      Client client(server, kind, std::string("news=") + cursor);
      CHECK(client.told() == "[missed true] a");
      CHECK(client.told().empty());
    }
  });
}

TEST_CASE(
    "subscriber: a channel that came back while its reader was away: what is lost is told once, whatever the kind") {
  // The earlier life was read to its end; of this life the one in the middle has expired. One is lost, no more.
  for_each_kind([](WorkerTest& server, Kind kind) {
    const auto etag = server.publish("news", "old").etag;
    push::test::clear_in(server.hub, "news", server.loop.now()).value();
    server.publish("news", "a");
    server.publish("news", "b", {}, Duration(1));
    server.publish("news", "c");
    Client client(server, kind, "news=" + to_string(etag));
    const std::string told = client.told();
    CAPTURE(told);
    std::size_t notices = 0;
    for (auto at = told.find("[missed"); at != std::string::npos; at = told.find("[missed", at + 1)) ++notices;
    CHECK(notices == 1);
  });
}

TEST_CASE("subscriber: a burst larger than the channel reaches whoever keeps up") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    Client client(server, kind, "news=now");
    CHECK(client.told().empty());
    std::string expected;
    for (int i = 0; i < 100; ++i) {
      server.publish("news", std::to_string(i), sized(1));
      expected += (i > 0 ? " " : "") + std::to_string(i);
    }
    CHECK(client.told() == expected);
  });
}

TEST_CASE("subscriber: when its loop lags beyond what may be pending it is served from the backlog, and told") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    Client client(server, kind, "news=now");
    CHECK(client.told().empty());
    const std::string megabyte(1 << 20, 'x');
    for (int i = 0; i < 40; ++i) server.publish("news", megabyte, sized(2));
    server.publish("news", "end", sized(2));
    std::string told;
    for (std::string piece = client.told(); !piece.empty(); piece = client.told()) told += piece;
    CHECK(told.size() < 2 * megabyte.size());
    CHECK(told.starts_with("[missed 39] x"));
    CHECK(told.ends_with("x end"));
    server.publish("news", "after", sized(2));
    CHECK(client.told() == "after");
  });
}

TEST_CASE("subscriber: of several channels, each in its order, and the cursor is that of all of them") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    server.publish("a", "1");
    server.publish("b", "2");
    Client client(server, kind, "b=0&a=0&c=now");
    CHECK(client.told() == "b:2 a:1");
    server.publish("c", "3");
    CHECK(client.told() == "c:3");
    server.publish("a", "4");
    server.publish("a", "5");
    CHECK(client.told() == "a:4 a:5");
    CHECK(server.subscribers("a") == 1);
    if (kind == Kind::lines) return;  // its lines have each channel's own etag
    CHECK(std::count(client.cursor.begin(), client.cursor.end(), '.') == 2);
  });
}

TEST_CASE("subscriber: a client that hangs up, or ends its side, is gone at once") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    for (const bool half : {false, true}) {
      Client client(server, kind, "news=now&more=now");
      CHECK(client.told().empty());
      CHECK(server.subscribers("news") == 1);
      if (half) {
        client.finish_writing();
      } else {
        client.hang_up();
      }
      server.turn();
      CHECK(server.subscribers("news") == 0);
      CHECK(server.worker.sessions() == 0);
      CHECK(server.hub.registry().channels() == 0);
    }
  });
}

TEST_CASE("subscriber: published and hung up in the same turn of the loop") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    for (const bool publish_first : {false, true}) {
      Client client(server, kind, "news=now");
      CHECK(client.told().empty());
      if (publish_first) server.publish("news", "a");
      client.hang_up();
      if (!publish_first) server.publish("news", "a");
      server.turn();
      CHECK(server.subscribers("news") == 0);
      CHECK(server.worker.sessions() == 0);
    }
  });
}

TEST_CASE("subscriber: one goes, others publish, another comes, all before the loop's turn: it gets what follows") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    // The loop's own turns are what the roster test has by hand: here the leaver's hang-up is read in the turn in which
    // the next one's request is.
    Client leaver(server, kind, "news=now");
    CHECK(leaver.told().empty());
    net::test::Peer next = server.connect();
    server.publish("news", "1");
    leaver.hang_up();
    next.send("GET /sub?news=now HTTP/1.1\r\nHost: a\r\n\r\n");
    server.turn();
    server.publish("news", "2");
    CHECK(server.reply(next).body.find("\"2\"") != std::string::npos);
  });
}

TEST_CASE("subscriber: the server stops, and each is told in its way and let go") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    server.publish("news", "a");
    Client client(server, kind, "news=now");
    CHECK(client.told().empty());
    bool done = false;
    server.worker.stop([&] { done = true; });
    client.asks_again = false;
    CHECK(client.told() == (kind == Kind::poll ? "" : "[closed stopping]"));
    CHECK(client.status == 200);
    CHECK(client.head.find("Connection: close\r\n") != std::string::npos);
    CHECK(client.ended());
    CHECK(server.subscribers("news") == 0);
    client.hang_up();
    server.turn();
    CHECK(done);
  });
}

TEST_CASE("subscriber: a second client of a one2one channel is refused, and the first one is not disturbed") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    server.publish("line", "hello", one2one());
    Client first(server, kind, "line=now", "cid=x");
    CHECK(first.told().empty());
    Client second(server, kind, "line=now&more=now", "cid=y");
    CHECK(second.told().empty());
    // A long-poll gets its 409 after a second.
    CHECK(second.status == (kind == Kind::poll ? 0 : 409));
    CHECK(server.subscribers("line") == 1);
    CHECK(server.subscribers("more") == 0);
    server.publish("line", "a", one2one());
    CHECK(first.told() == "a");
    CHECK(second.told().empty());
  });
}

TEST_CASE("subscriber: a put-off refusal is sent when the server stops, which closes the connection and says so") {
  WorkerTest server;
  server.publish("line", "hello", one2one());
  Client first(server, Kind::poll, "line=now", "cid=x");
  CHECK(first.told().empty());
  Client second(server, Kind::poll, "line=now", "cid=y");
  CHECK(second.told().empty());
  first.asks_again = false;
  server.worker.stop({});
  CHECK(second.told().empty());
  CHECK(second.status == 409);
  CHECK(second.head.find("Connection: close\r\n") != std::string::npos);
  CHECK(second.ended());
}

TEST_CASE("subscriber: one that hangs up while its refusal is put off leaves nothing behind") {
  WorkerTest server;
  server.publish("line", "hello", one2one());
  Client first(server, Kind::poll, "line=now", "cid=x");
  CHECK(first.told().empty());
  {
    Client second(server, Kind::poll, "line=now", "cid=y");
    CHECK(second.told().empty());
    CHECK(server.worker.sessions() == 2);
  }
  server.turn();
  CHECK(server.worker.sessions() == 1);
}

TEST_CASE("subscriber: a push that sets one2one closes all but the first, and names the channel") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    Client first(server, kind, "line=now");
    CHECK(first.told().empty());
    Client second(server, kind, "more=now&line=now");
    CHECK(second.told().empty());
    server.publish("line", "a", one2one());
    CHECK(first.told() == "a");
    CHECK(second.told() == (kind == Kind::poll ? "" : "[closed one2one line]"));
    if (kind == Kind::poll) CHECK(second.status == 409);
    CHECK(server.subscribers("line") == 1);
    CHECK(server.subscribers("more") == 0);
    if (kind != Kind::poll) CHECK(second.ended());
  });
}

TEST_CASE("subscriber: an operator closes it, and it hears what came before, why, and of which channel") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    Client client(server, kind, "more=now&news=now&cid=x");
    Client other(server, kind, "news=now");
    CHECK(client.told().empty());
    CHECK(other.told().empty());
    const auto kicked = push::Overseer(server.hub).kick("news", {.cid = "x", .seat = {}}, server.loop.now());
    REQUIRE(kicked);
    CHECK(kicked->seats == 1);
    server.publish("news", "a");
    CHECK(client.told() == (kind == Kind::poll ? "" : "[closed kicked news]"));
    if (kind == Kind::poll) CHECK(client.status == 403);
    CHECK(other.told() == "a");
    CHECK(server.subscribers("more") == 0);
    if (kind != Kind::poll) CHECK(client.ended());
    CHECK(server.worker.counters().endings[static_cast<std::size_t>(push::Ending::kicked)].value() == 1);
  });
}

TEST_CASE("subscriber: the same client on a newer connection replaces the older") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    server.publish("line", "hello", one2one());
    Client older(server, kind, "line=now", "cid=x");
    CHECK(older.told().empty());
    older.asks_again = false;
    Client newer(server, kind, "line=now", "cid=x");
    CHECK(newer.told().empty());
    CHECK(older.told() == (kind == Kind::poll ? "" : "[closed replaced line]"));
    CHECK(older.status == (kind == Kind::poll ? 0 : 200));  // a poll is answered when a second is over
    CHECK(server.worker.counters().endings[static_cast<std::size_t>(push::Ending::replaced)].value() == 1);
    CHECK(server.subscribers("line") == 1);
    server.publish("line", "a", one2one());
    CHECK(newer.told() == "a");
  });
}

TEST_CASE("subscriber: no room for another channel: an event stream is told to come back, others get 503") {
  for_each_kind([](WorkerTest& server, Kind kind) {
    Client there(server, kind, "news=now");
    CHECK(there.told().empty());
    server.hub.limit_memory(1);
    Client client(server, kind, "other=now");
    const bool events = kind == Kind::events || kind == Kind::json_events;
    CHECK(client.told() == (events ? "[closed unavailable]" : ""));
    CHECK(client.status == (events ? 200 : 503));
    CHECK(server.hub.registry().channels() == 1);
  });
}
