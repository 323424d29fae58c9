// Bodies that are still coming: what is refused before them, and what they may take.

#include <doctest/doctest.h>

#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

struct BodiesTest : WorkerTest {
  /// A head that announces a body, of which nothing is there.
  Reply announce(Peer& peer, const std::string& target, std::size_t length, const std::string& headers = {},
                 const std::string& method = "POST") {
    send(peer, method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
                   "Content-Length: " + std::to_string(length) + "\r\n\r\n");
    return take_reply(peer.received);
  }
};

}  // namespace

TEST_CASE_FIXTURE(BodiesTest, "bodies: who may not push is told before a byte of the message was taken") {
  // A hundred strangers sent a megabyte each, which was all kept until it was whole, and then refused.
  settings->access.publish_from = wire::AddressSet::parse("none").value();
  Peer peer = connect();
  CHECK(announce(peer, "/pub?channel=news", kMegabyte).status == 403);
  CHECK(count.bodies.held() == 0);
}

TEST_CASE_FIXTURE(BodiesTest, "bodies: what the head alone decides is decided by the head") {
  publish("keyed", "a", {.size = 10, .life = 1h, .one2one = false, .key = "k"});
  const auto status = [this](const std::string& target, const std::string& headers = {},
                             const std::string& method = "POST") {
    Peer peer = connect();
    return announce(peer, target, 1000, headers, method).status;
  };
  CHECK(status("/pub") == 400);
  CHECK(status("/pub?channel=a&sise=1") == 400);
  CHECK(status("/pub?channel=a", "If-Match: rubbish\r\n") == 400);
  CHECK(status("/pub?channel=a", "Origin: http://evil.example\r\n") == 403);
  CHECK(status("/pub?channel=keyed") == 403);
  CHECK(status("/pub?channel=keyed&key=wrong") == 403);
  CHECK(status("/pub?channel=a", {}, "PATCH") == 405);
  CHECK(status("/client.js") == 405);
  CHECK(status("/nothing") == 404);
  CHECK(status("/sub?a=rubbish") == 400);
  CHECK(status("/sub?.nonsense=1") == 400);
  // Of what is right so far nothing is said.
  CHECK(status("/pub?channel=keyed&key=k") == 0);
  CHECK(status("/pub?channel=a&channel=b") == 0);
  CHECK(status("/sub") == 0);
  CHECK(status("/sub?a=0", "Accept: text/event-stream\r\n") == 0);
  CHECK(status("/sub", "Last-Event-ID: 1.2\r\n") == 0);  // the form may have the channels
}

TEST_CASE_FIXTURE(BodiesTest, "bodies: who waits for leave to send gets the refusal in its place") {
  settings->access.publish_from = wire::AddressSet::parse("none").value();
  Peer peer = connect();
  const Reply reply = announce(peer, "/pub?channel=news", 10, "Expect: 100-continue\r\n");
  CHECK(reply.status == 403);
  // Nobody knows whether the body comes all the same.
  CHECK(reply.header("Connection") == "close");
  CHECK(peer.ended());
}

TEST_CASE_FIXTURE(BodiesTest,
                  "bodies: a client that sends all of it before it reads has its answer, and its next request") {
  settings->access.publish_from = wire::AddressSet::parse("none").value();
  Peer peer = connect();
  const std::string body(256 * 1024, 'x');
  const Reply reply = announce(peer, "/pub?channel=news", body.size());
  CHECK(reply.status == 403);
  CHECK(reply.header("Connection").empty());
  for (std::size_t at = 0; at < body.size(); at += 16384) send(peer, std::string_view(body).substr(at, 16384));
  CHECK(peer.received.empty());
  send(peer, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(take_reply(peer.received).status == 404);
}

TEST_CASE_FIXTURE(BodiesTest, "bodies: one too long to be read away ends the connection, and says so") {
  settings->access.publish_from = wire::AddressSet::parse("none").value();
  Peer counted = connect();
  CHECK(announce(counted, "/pub?channel=news", 256 * 1024 + 1).header("Connection") == "close");
  CHECK(counted.ended());
  Peer chunked = connect();
  send(chunked, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(take_reply(chunked.received).header("Connection") == "close");
  CHECK(chunked.ended());
}

TEST_CASE_FIXTURE(BodiesTest, "bodies: an allowed page can read why, before the body as behind it") {
  settings->access.origins = wire::OriginList::parse("https://app.example").value();
  Peer peer = connect();
  const Reply reply = announce(peer, "/pub?channel=", 1000, "Origin: https://app.example\r\n");
  CHECK(reply.status == 400);
  CHECK(reply.header("Access-Control-Allow-Origin") == "https://app.example");
}

TEST_CASE_FIXTURE(BodiesTest,
                  "bodies: a key is looked at before and behind the body, as the channel may be another by then") {
  settings->access.publish_from = wire::AddressSet::parse("none").value();
  publish("news", "a", {.size = 10, .life = 1h, .one2one = false, .key = "k"});
  Peer peer = connect();
  CHECK(announce(peer, "/pub?channel=news&key=k", 5).status == 0);
  REQUIRE(push::test::clear_in(hub, "news", loop.now(), push::test::claim("k")).has_value());
  publish("news", "b", {.size = 10, .life = 1h, .one2one = false, .key = "other"});
  send(peer, "hello");
  CHECK(take_reply(peer.received).status == 403);
}

TEST_CASE_FIXTURE(BodiesTest,
                  "bodies: all that are coming have one budget, and one that finds no room is told to come back") {
  settings->max_bodies = 4 * kMegabyte;
  std::vector<Peer> peers;
  for (int i = 0; i < 4; ++i) {
    peers.push_back(connect());
    CHECK(announce(peers.back(), "/pub?channel=news", kMegabyte).status == 0);
  }
  Peer late = connect();
  const Reply refused = announce(late, "/pub?channel=news", 100000, "Expect: 100-continue\r\n");
  CHECK(refused.status == 503);
  CHECK(refused.header("Retry-After") == "2");
  CHECK(worker.counters().bodies_refused.value() == 1);
  CHECK(count.bodies.held() == 4 * kMegabyte);
  // What came at once is served at once, and takes nothing.
  Peer small = connect();
  CHECK(ask(small, "POST", "/pub?channel=news", {}, "x").status == 200);
  // One of them hangs up, one is whole.
  peers.pop_back();
  const std::string body(kMegabyte, 'x');
  for (std::size_t at = 0; at < body.size(); at += 65536) send(peers[0], std::string_view(body).substr(at, 65536));
  CHECK(take_reply(peers[0].received).status == 200);
  CHECK(count.bodies.held() == 2 * kMegabyte);
  Peer again = connect();
  CHECK(announce(again, "/pub?channel=news", kMegabyte).status == 0);
}

TEST_CASE_FIXTURE(BodiesTest, "bodies: one in chunks takes room as it grows, and is refused where there is no more") {
  settings->max_bodies = kMegabyte;
  Peer first = connect();
  CHECK(announce(first, "/pub?channel=news", kMegabyte / 2).status == 0);
  Peer chunked = connect();
  send(chunked, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
  Reply reply;
  for (int i = 0; i < 30 && reply.status == 0; ++i) {
    send(chunked, chunk);
    reply = take_reply(chunked.received);
    CHECK(count.bodies.held() <= kMegabyte);
  }
  CHECK(reply.status == 503);
  CHECK(reply.header("Retry-After") == "2");
  CHECK(chunked.ended());
  CHECK(count.bodies.held() == kMegabyte / 2);
}

TEST_CASE_FIXTURE(BodiesTest, "bodies: forms of strangers leave room to those who push") {
  settings->max_bodies = 16 * kMegabyte;
  std::vector<Peer> peers;
  int taken = 0;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(connect("192.0.2.1"));
    taken += announce(peers.back(), "/sub", 4 * kMegabyte - 1).status == 0 ? 1 : 0;
  }
  CHECK(taken == 2);
  Peer publisher = connect();
  CHECK(announce(publisher, "/pub?channel=news", kMegabyte).status == 0);
}

TEST_CASE_FIXTURE(BodiesTest, "bodies: what nobody asked for is read away, and takes nothing") {
  Peer peer = connect();
  CHECK(announce(peer, "/pub?channel=news", 60000, {}, "GET").status == 0);
  CHECK(count.bodies.held() == 0);
  send(peer, std::string(60000, 'x'));
  CHECK(take_reply(peer.received).status == 404);
  send(peer, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(take_reply(peer.received).status == 404);
}

TEST_CASE_FIXTURE(BodiesTest, "bodies: stopping doesn't wait for one that was refused") {
  settings->access.publish_from = wire::AddressSet::parse("none").value();
  Peer peer = connect();
  CHECK(announce(peer, "/pub?channel=news", 1000).status == 403);
  worker.stop([] {});
  turn();
  CHECK(peer.ended());
}
