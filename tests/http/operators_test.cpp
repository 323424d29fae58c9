// What an operator sees of a loop's subscribers, and may do past keys.

#include "push/ending.h"
#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace {

struct OperatorsTest : WorkerTest {
  std::vector<push::SubscriberInfo> listed(std::size_t most = 100) {
    std::vector<push::SubscriberInfo> out;
    worker.list_subscribers(most, out);
    return out;
  }
  void say(Peer& peer, const std::string& target, const std::string& headers = {}) {
    send(peer, "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
  }
  Peer operator_connection() {
    Peer peer;
    worker.accept(peer.give(), address("127.0.0.1"), nullptr, true);
    turn();
    return peer;
  }
};

}  // namespace

TEST_CASE_FIXTURE(OperatorsTest, "operators: who is held, where from, by what, and how far") {
  Peer poll = connect("192.0.2.1");
  say(poll, "/sub?a=now&b=now&cid=x");
  Peer stream = connect("192.0.2.2");
  say(stream, "/sub?a=now&.transport=sse");
  Peer lines = connect("192.0.2.3");
  say(lines, "/sub?c=now&.transport=lines");
  Peer idle = connect();
  const auto all = listed();
  REQUIRE(all.size() == 3);
  CHECK(all[2].address == "192.0.2.1");
  CHECK(all[2].transport == "poll");
  CHECK(all[2].cid == "x");
  CHECK(all[2].channel == "a");
  CHECK(all[2].channels == 2);
  CHECK(all[1].transport == "sse");
  CHECK(all[0].transport == "lines");
  CHECK(all[0].since <= loop.now());
  CHECK(all[0].since > loop.now() - 10s);
  CHECK(listed(2).size() == 2);
  std::vector<push::SubscriberInfo> in_a;
  worker.desk().attendance().followers("a", 10, loop.now(), in_a);
  REQUIRE(in_a.size() == 2);
  CHECK(in_a[0].address == "192.0.2.1");
  CHECK(in_a[1].transport == "sse");
}

TEST_CASE_FIXTURE(OperatorsTest, "operators: behind a trusted proxy the client is named, and rights don't follow it") {
  settings->access.trusted_proxies = wire::AddressSet::parse("127.0.0.1").value();
  Peer peer = connect();
  say(peer, "/sub?a=now&.wait=300", "X-Forwarded-For: 192.0.2.9\r\n");
  CHECK(listed().at(0).address == "192.0.2.9");
  publish("a", "x");
  turn();
  peer.receive();
  take_reply(peer.received);
  // The next subscription on the proxy's connection is another client's.
  say(peer, "/sub?a=now", "X-Forwarded-For: 192.0.2.10\r\n");
  CHECK(listed().at(0).address == "192.0.2.10");
  Peer liar = connect("192.0.2.66");
  say(liar, "/sub?a=now", "X-Forwarded-For: 192.0.2.9\r\n");
  CHECK(listed().at(0).address == "192.0.2.66");
}

TEST_CASE_FIXTURE(OperatorsTest, "operators: who was closed and why, but not those that got what they came for") {
  Peer poll = connect();
  say(poll, "/sub?a=now&cid=x");
  publish("a", "x");
  turn();
  CHECK(worker.desk().ending_log().notes().empty());
  Peer stream = connect("192.0.2.2");
  say(stream, "/sub?a=now&b=now&.transport=sse&cid=y");
  stream.hang_up();
  turn();
  const auto notes = worker.desk().ending_log().notes();
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].ending == push::Ending::hung_up);
  CHECK(notes[0].address == "192.0.2.2");
  CHECK(notes[0].cid == "y");
  CHECK(notes[0].transport == "sse");
  CHECK(notes[0].channel == "a");
  CHECK(notes[0].channels == 2);
}

TEST_CASE_FIXTURE(OperatorsTest, "operators: a crowd that goes doesn't push out those who were closed") {
  publish("line", "a", {.one2one = true, .key = {}});
  Peer first = connect();
  say(first, "/sub?line=now&cid=x&.transport=sse");
  Peer again = connect();
  say(again, "/sub?line=now&cid=x&.transport=sse");
  for (std::size_t i = 0; i < follow::EndingLog::kKept + 5; ++i) {
    Peer peer = connect();
    say(peer, "/sub?a=now&.transport=sse");
    peer.hang_up();
    turn();
  }
  const auto notes = worker.desk().ending_log().notes();
  CHECK(notes.size() == follow::EndingLog::kKept + 1);
  CHECK(std::count_if(notes.begin(), notes.end(), [](const push::EndingNote& note) {
          return note.ending == push::Ending::replaced && note.channel == "line";
        }) == 1);
}

TEST_CASE_FIXTURE(OperatorsTest, "operators: who was refused a one2one channel, by whatever it asked") {
  publish("line", "a", {.one2one = true, .key = {}});
  Peer holder = connect();
  say(holder, "/sub?line=now&cid=x&.transport=sse");
  for (const char* transport : {"sse", "lines", "poll"}) {
    Peer peer = connect("192.0.2.2");
    say(peer, std::string("/sub?line=now&cid=y&.transport=") + transport);
  }
  const auto notes = worker.desk().ending_log().notes();
  // The poll is told a second later; it has hung up before.
  CHECK(std::count_if(notes.begin(), notes.end(), [](const push::EndingNote& note) {
          return note.ending == push::Ending::one2one && note.channel == "line" && note.cid == "y" &&
                 note.address == "192.0.2.2";
        }) == 2);
}

TEST_CASE_FIXTURE(OperatorsTest, "operators: past a key, and where there is no room for others") {
  publish("news", "a", {.key = "secret"});
  settings->max_connections = 0;
  Peer other = connect();
  CHECK(ask(other, "POST", "/pub?channel=news", {}, "b").status == 503);
  Peer peer = operator_connection();
  CHECK(ask(peer, "POST", "/pub?channel=news", {}, "b").status == 200);
  CHECK(ask(peer, "DELETE", "/pub?channel=news").body.find("\"dropped\":2") != std::string::npos);
}

TEST_CASE_FIXTURE(OperatorsTest, "latency: one observation for each message that somebody was given") {
  CHECK(worker.counters().publish_to_write.figures().count() == 0);
  publish("news", "nobody is here");
  turn();
  CHECK(worker.counters().publish_to_write.figures().count() == 0);
  Peer one = connect(), two = connect();
  say(one, "/sub?news=now&.transport=sse");
  say(two, "/sub?news=now&.transport=sse");
  publish("news", "a");
  publish("news", "b");
  publish("news", "");  // sent to nobody
  turn();
  CHECK(worker.counters().publish_to_write.figures().count() == 2);
}
