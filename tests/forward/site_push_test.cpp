// What the site publishes with an answer, where a store has to have it first: the end of the answer waits.

#include "forward/site_push.h"

#include <utility>

#include "forwarding_test.h"
#include "held_store.h"
#include "push/hub.h"

using namespace martd;
using namespace martd::forward;
using namespace martd::http;
using namespace martd::http::test;

namespace {

struct SitePushTest : forward::test::StoreHolder, ForwardingTest {
  SitePushTest() {
    hub.keep_in(store, push::Durability::always);
    settings->upstream_publishes = true;
  }
  /// The site says this to a request of `peer`'s.
  SiteEnd answer(Peer& peer, const std::string& said, const std::string& request = kGet) {
    send(peer, request);
    SiteEnd site = asked();
    site.send(said);
    return site;
  }
  void settle(bool on_disk = true) {
    store.settle(on_disk);
    turn();
  }
  bool published(const std::string& channel) {
    return hub.inspect(channel, push::test::claim(), loop.now()).has_value();
  }
  /// All of it waits for the store.
  void await_pushes(std::size_t most) {
    until([&] { return store.waiting.size() == most; });
    turn();
  }
};

constexpr const char* kPush = "HTTP/1.1 200 OK\r\nMartd-Publish: channel=news\r\nMartd-Payload: hello\r\n";

}  // namespace

TEST_CASE_FIXTURE(SitePushTest, "site push: the last piece of the body comes when the message is on disk") {
  Peer peer = connect();
  SiteEnd site = answer(peer, std::string(kPush) + "Content-Length: 6\r\n\r\nabc");
  await_pushes(1);
  site.send("def");
  await(peer, "abc");
  CHECK(peer.received.ends_with("\r\n\r\nabc"));
  CHECK_FALSE(published("news"));
  settle();
  CHECK(published("news"));
  await(peer, "def");
  CHECK(take_reply(peer.received).body == "abcdef");
  CHECK(proxied(2) == 1);
  CHECK_FALSE(peer.ended());
}

TEST_CASE_FIXTURE(SitePushTest, "site push: an answer without a body waits as a whole") {
  for (const std::string more : {"Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    CAPTURE(more);
    Peer peer = connect();
    SiteEnd site = answer(peer, kPush + more);
    await_pushes(1);
    peer.receive();
    CHECK(peer.received.empty());
    settle();
    await(peer, "\r\n\r\n");
    site.close();
    turn();
  }
  Peer peer = connect();
  const SiteEnd site =
      answer(peer, "HTTP/1.1 303 See Other\r\nMartd-Publish: channel=news\r\nContent-Length: 5\r\n\r\n",
             "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  await_pushes(1);
  peer.receive();
  CHECK(peer.received.empty());
  settle();
  await(peer, "\r\n\r\n");
  CHECK(peer.received.starts_with("HTTP/1.1 303 See Other\r\n"));
}

TEST_CASE_FIXTURE(SitePushTest, "site push: once the store has answered, nothing is kept back any more") {
  Peer peer = connect();
  SiteEnd site = answer(peer, std::string(kPush) + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  await_pushes(1);
  peer.receive();
  CHECK(peer.received.find("abc") == std::string::npos);
  settle();
  await(peer, "3\r\nabc\r\n");
  site.send("3\r\ndef\r\n");
  await(peer, "3\r\ndef\r\n");
  site.send("0\r\n\r\n");
  await(peer, "0\r\n\r\n");
}

TEST_CASE_FIXTURE(SitePushTest, "site push: the body itself, which ends when it is on disk") {
  Peer peer = connect();
  SiteEnd site = answer(
      peer, "HTTP/1.1 200 OK\r\nMartd-Publish: channel=news&body=1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  await(peer, "\r\n\r\n");
  CHECK(store.waiting.empty());
  site.send("3\r\ndef\r\n0\r\n\r\n");
  await_pushes(1);
  await(peer, "3\r\nabc\r\n");
  CHECK(peer.received.find("def") == std::string::npos);
  settle();
  await(peer, "3\r\ndef\r\n0\r\n\r\n");
  CHECK(published("news"));
}

TEST_CASE_FIXTURE(SitePushTest, "site push: several are waited for, and the next request with them") {
  Peer peer = connect();
  SiteEnd site = answer(peer,
                        "HTTP/1.1 200 OK\r\nMartd-Publish: channel=a\r\nMartd-Publish: channel=b\r\n"
                        "Martd-Payload: x\r\nContent-Length: 1\r\n\r\n1",
                        std::string(kGet) + "GET /client.js HTTP/1.1\r\nHost: x\r\n\r\n");
  await_pushes(2);
  forward::test::NoDisk disk;
  store.waiting.front()->write(disk);
  store.waiting.front()->settled(true);
  store.tell();
  store.waiting.erase(store.waiting.begin());
  turn();
  peer.receive();
  CHECK(peer.received.find("\r\n\r\n1") == std::string::npos);
  CHECK(published("a"));
  settle();
  await(peer, "javascript");
  CHECK(take_reply(peer.received).body == "1");
}

TEST_CASE_FIXTURE(SitePushTest, "site push: what the store refuses, before or after, doesn't hold the answer up") {
  Peer peer = connect();
  {
    const SiteEnd site = answer(peer, std::string(kPush) + "Content-Length: 3\r\n\r\nabc");
    await_pushes(1);
    settle(false);
    await(peer, "abc");
    CHECK(take_reply(peer.received).body == "abc");
  }
  turn();
  store.away = "the disk is full";
  const SiteEnd site = answer(peer, std::string(kPush) + "Content-Length: 3\r\n\r\nabc");
  await(peer, "abc");
  CHECK(take_reply(peer.received).body == "abc");
  CHECK(store.waiting.empty());
  CHECK_FALSE(published("news"));
}

TEST_CASE_FIXTURE(SitePushTest, "site push: a client that leaves meanwhile takes nothing back") {
  for (const bool on_disk : {true, false}) {
    Peer peer = connect();
    const SiteEnd site = answer(peer, std::string(kPush) + "Content-Length: 3\r\n\r\nabc");
    await_pushes(1);
    peer.hang_up();
    until([&] { return worker.sessions() == 0; });
    settle(on_disk);
    CHECK(published("news"));
  }
}

// A disk that hangs must not take all of the site's answers with it: what can't be published is logged, and the answer
// goes its way.
TEST_CASE_FIXTURE(SitePushTest, "site push: a store that says nothing is waited for as long as --upstream-timeout") {
  settings->upstream_timeouts.answer = 30ms;
  Peer peer = connect();
  const SiteEnd site = answer(peer, std::string(kPush) + "Content-Length: 3\r\n\r\nabc");
  await(peer, "abc");
  CHECK(take_reply(peer.received).body == "abc");
  CHECK_FALSE(published("news"));
  settle();
  CHECK(published("news"));
}

TEST_CASE_FIXTURE(SitePushTest, "site push: a page that gets the script waits, too") {
  settings->inject = true;
  Peer peer = connect();
  SiteEnd site = answer(
      peer, std::string(kPush) + "Content-Type: text/html\r\nContent-Length: 44\r\n\r\n<!doctype html><head><title>");
  site.send("a</title></head>");
  await_pushes(1);
  loop.turn(20ms);
  turn();
  peer.receive();
  CHECK(peer.received.find("0\r\n\r\n") == std::string::npos);
  settle();
  await(peer, "0\r\n\r\n");
  CHECK(peer.received.find("<script src=\"/client.js\"></script>") != std::string::npos);
  CHECK(peer.received.find("</head>") != std::string::npos);
}
