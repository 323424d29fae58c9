// Every time-out of the public side, by a clock that the test puts forward: nothing here waits.

#include "../net/tls_test.h"
#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace {

/// Time goes on between the steps, too, and a timer may be a tick of the wheel late.
constexpr Duration kMargin = 500ms;

struct TimeOutsTest : WorkerTest {
  /// So long it goes on, and then it is over: `ended` says whether it is.
  template <class Ended>
  void ends_after(Duration time, Ended ended) {
    pass(time - kMargin);
    CHECK_FALSE(ended());
    pass(2 * kMargin);
    CHECK(ended());
  }
  void ends_after(Duration time, Peer& peer) {
    ends_after(time, [&] { return peer.ended(); });
  }
  static std::string push(std::size_t length, const std::string& headers = {}) {
    return "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" +
           headers + "\r\n";
  }
};

}  // namespace

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a connection that says nothing has the time of a header") {
  settings->header_timeout = 10s;
  Peer silent = connect();
  ends_after(10s, silent);
  CHECK(silent.received.empty());
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a header that isn't whole in time is told so, however it drips") {
  settings->header_timeout = 10s;
  Peer peer = connect();
  send(peer, "GET /sub?");
  pass(4s);
  send(peer, "news=");
  pass(4s);
  send(peer, "now ");
  ends_after(2s, [&] { return reply(peer).status == 408; });
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: the next header on a connection has its own time, from its first byte") {
  settings->header_timeout = 10s;
  Peer peer = connect();
  CHECK(ask(peer, "GET", "/sub?news=now&.wait=0").status == 200);
  pass(60s);
  send(peer, "GET /sub?");
  ends_after(10s, [&] { return reply(peer).status == 408; });
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a connection that asks for nothing more is kept for 75 seconds") {
  Peer peer = connect();
  CHECK(ask(peer, "GET", "/sub?news=now&.wait=0").status == 200);
  pass(70s);
  CHECK(ask(peer, "GET", "/sub?news=now&.wait=0").status == 200);  // each answer begins them anew
  ends_after(75s, peer);
  CHECK(peer.received.empty());
  CHECK_FALSE(peer.reset());
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a body has a minute, and a second for each 10 KiB") {
  Peer peer = connect();
  send(peer, push(200 * 1024) + "a");
  ends_after(60s + 20s, [&] { return reply(peer).status == 408; });
  CHECK(channels() == 0);
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a body in chunks has the time of the longest that is taken") {
  settings->max_payload = 100 * 1024;
  Peer peer = connect();
  send(peer, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  ends_after(60s + 10s, [&] { return reply(peer).status == 408; });
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a body that is whole in time is taken") {
  Peer peer = connect();
  send(peer, push(10 * 1024) + std::string(5 * 1024, 'a'));
  pass(60s);
  send(peer, std::string(5 * 1024, 'a'));
  CHECK(take_reply(peer.received).status == 200);
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: what follows a refusal is read away for a minute") {
  settings->access.publish_from = {};
  Peer peer = connect();
  send(peer, push(50 * 1024) + "a");
  CHECK(take_reply(peer.received).status == 403);
  ends_after(60s, peer);
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a long-poll is answered before its wait is over, within a fifth of it") {
  Peer peer = connect();
  CHECK(ask(peer, "GET", "/sub?news=now&.wait=50").status == 0);
  pass(40s - kMargin);
  CHECK(subscribers("news") == 1);
  pass(10s + 2 * kMargin);
  CHECK(reply(peer).status == 200);
  CHECK(subscribers("news") == 0);
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a refusal that is put off comes after a second") {
  push::Attributes one2one;
  one2one.one2one = true;
  publish("line", "hello", one2one);
  Peer first = connect();
  CHECK(ask(first, "GET", "/sub?line=now&.wait=100").status == 0);
  Peer second = connect();
  CHECK(ask(second, "GET", "/sub?line=now&.wait=100").status == 0);
  ends_after(1s, [&] { return reply(second).status == 409; });
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a stream has a sign of life after each heartbeat of silence") {
  settings->heartbeat = 15s;
  Peer peer = connect();
  send(peer, "GET /sub?news=now HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n");
  more(peer);
  const auto sign = [&] { return !more(peer).empty(); };
  ends_after(15s, sign);
  ends_after(15s, sign);
  pass(10s);
  publish("news", "a");
  CHECK(more(peer).find("data: a\n") != std::string::npos);
  ends_after(15s, sign);
}

TEST_CASE_FIXTURE(TimeOutsTest, "time-outs: a stream whose reader takes nothing for four heartbeats is ended") {
  settings->heartbeat = 15s;
  // By TCP, as it is the peer's acknowledgements that count.
  Peer peer = Peer::over_tcp();
  worker.accept(peer.give(), address("127.0.0.1"), nullptr);
  peer.send("GET /sub?news=now HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n");
  while (subscribers("news") == 0) turn();
  const std::string payload(100 * 1000, 'x');
  for (int i = 0; i < 1000 && loop.outbox_bytes() == 0; ++i) {
    publish("news", payload);
    turn();
  }
  REQUIRE(loop.outbox_bytes() > 0);
  // It is seen to stand still after the first heartbeat, or the second: the kernel may acknowledge a little later.
  for (int heartbeat = 1; heartbeat <= 4; ++heartbeat) pass(15s);
  CHECK(subscribers("news") == 1);
  for (int heartbeat = 5; heartbeat <= 7; ++heartbeat) pass(15s);
  CHECK(subscribers("news") == 0);
  CHECK(worker.counters().stalled.value() == 1);
  CHECK(peer.reset());
}

TEST_CASE_FIXTURE(TimeOutsTest,
                  "time-outs: a handshake has the time of a header, and one that isn't done by then has failed") {
  settings->header_timeout = 10s;
  net::test::ContextPtr context = net::test::usual_context();
  Peer silent, slow;
  for (Peer* peer : {&silent, &slow}) worker.accept(peer->give(), address("127.0.0.1"), context);
  turn();
  pass(9s);
  net::test::TlsClient client(slow.descriptor());
  for (int i = 0; i < 10 && !client.done(); ++i) {
    client.shake_hands();
    turn();
  }
  REQUIRE(client.done());
  CHECK_FALSE(silent.ended());
  pass(2s);
  CHECK(silent.ended());
  CHECK(worker.counters().tls_failures.value() == 1);
}
