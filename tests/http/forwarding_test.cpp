// A request that goes to the site, inside a session: whose connection ends how, what is counted, what waits.

#include "http/forwarding.h"

#include "../proxy/proxy_test.h"
#include "worker_test.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;
using proxy::test::SiteDoor;
using proxy::test::SiteEnd;

namespace {

struct ForwardingTest : WorkerTest {
  SiteDoor door;

  ForwardingTest() {
    settings->has_upstream = true;
    worker.put_before(std::make_unique<proxy::UpstreamPool>(loop, proxy::Site::parse(door.url()).value(), nullptr, 10));
  }
  template <class Condition>
  void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      loop.turn(20ms);
    }
    turn();
  }
  /// The site's end of the connection on which `peer` has just asked something.
  SiteEnd asked() {
    int descriptor = -1;
    until([&] { return (descriptor = door.take()) >= 0; });
    SiteEnd end(descriptor);
    await(end, "\r\n\r\n");
    return end;
  }
  void await(SiteEnd& end, std::string_view text) {
    until([&] {
      end.receive();
      return end.received.find(text) != std::string::npos;
    });
  }
  void await(Peer& peer, std::string_view text) {
    until([&] {
      peer.receive();
      return peer.received.find(text) != std::string::npos;
    });
  }
  std::uint64_t proxied(std::size_t first_digit) { return worker.counters().proxied_by_class[first_digit].value(); }
  std::uint64_t failed(proxy::Failure failure) {
    return worker.counters().proxy_failures[static_cast<std::size_t>(failure)].value();
  }
};

constexpr const char* kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: asked, answered, counted, and the connection stays") {
  Peer peer = connect();
  send(peer, kGet);
  SiteEnd site = asked();
  CHECK(site.received.starts_with("GET /a HTTP/1.1\r\nHost: x\r\n"));
  site.send("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  await(peer, "\r\n\r\nno");
  CHECK(take_reply(peer.received).status == 404);
  CHECK(proxied(4) == 1);
  CHECK(worker.counters().requests.value() == 1);
  CHECK_FALSE(peer.ended());
  CHECK(worker.upstream()->kept() == 1);
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: a failure is counted by its kind, and the answer by its class") {
  door.go_away();
  Peer peer = connect();
  send(peer, kGet);
  await(peer, "}");
  CHECK(take_reply(peer.received).status == 502);
  CHECK(failed(proxy::Failure::refused) == 1);
  CHECK(proxied(5) == 1);
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: what is asked ahead waits for its turn") {
  Peer peer = connect();
  send(peer, std::string(kGet) + "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  send(peer, "GET /client.js HTTP/1.1\r\nHost: x\r\n\r\n");
  SiteEnd site = asked();
  CHECK(site.received.find("/b") == std::string::npos);
  site.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
  await(site, "GET /b ");
  await(peer, "\r\n\r\na");
  CHECK(take_reply(peer.received).body == "a");
  peer.receive();
  CHECK(peer.received.empty());
  site.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb");
  await(peer, "javascript");
  CHECK(take_reply(peer.received).body == "b");
}

TEST_CASE_FIXTURE(ForwardingTest,
                  "forwarding: a client that doesn't read stops the site's answer, not its connection") {
  Peer peer = connect();
  send(peer, kGet);
  SiteEnd site = asked();
  const std::string piece(50000, 'x');
  site.send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
  std::size_t sent = 0;
  // Until the sockets between are full.
  for (int idle = 0; idle < 20;) {
    const ssize_t taken = site.try_send(piece);
    if (taken > 0) {
      sent += static_cast<std::size_t>(taken);
      idle = 0;
    } else {
      ++idle;
    }
    loop.turn(2ms);
  }
  CHECK(sent < 50000000);
  CHECK(loop.outbox_bytes() < 256 * 1024);
  until([&] {
    peer.receive();
    return peer.received.size() >= sent;
  });
  CHECK_FALSE(peer.ended());
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: a site that doesn't read stops the client's body") {
  Peer peer = connect();
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
  SiteEnd site = asked();
  const std::string piece(50000, 'x');
  std::size_t sent = 0;
  for (int idle = 0; idle < 20;) {
    const ssize_t taken = ::send(peer.descriptor(), piece.data(), piece.size(), MSG_NOSIGNAL);
    if (taken > 0) {
      sent += static_cast<std::size_t>(taken);
      idle = 0;
    } else {
      ++idle;
    }
    loop.turn(2ms);
  }
  CHECK(sent < 50000000);
  CHECK(loop.outbox_bytes() < 256 * 1024);
  until([&] {
    site.receive();
    return site.received.size() >= sent;
  });
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: the client leaves, and the site is told, before and in its answer") {
  for (const bool answering : {false, true}) {
    CAPTURE(answering);
    Peer peer = connect();
    send(peer, kGet);
    SiteEnd site = asked();
    if (answering) {
      site.send("HTTP/1.1 200 OK\r\n\r\nabc");
      await(peer, "abc");
    }
    peer.hang_up();
    until([&] { return site.ended(); });
    CHECK(worker.upstream()->open() == 0);
    CHECK(worker.sessions() == 0);
  }
}

TEST_CASE_FIXTURE(ForwardingTest,
                  "forwarding: a body goes on as it comes, and its site may answer before it is whole") {
  Peer peer = connect();
  send(peer, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na");
  SiteEnd site = asked();
  send(peer, "b");
  await(site, "\r\n\r\nab");
  site.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 1\r\n\r\n!");
  await(peer, "\r\n\r\n!");
  until([&] { return site.ended() && peer.ended(); });
  CHECK(proxied(4) == 1);
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: a browser that would show it gets a page, a script gets JSON") {
  door.go_away();
  const auto type = [&](const char* method, const char* accept) {
    Peer peer = connect();
    send(peer, std::string(method) + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: " + accept + "\r\n\r\n");
    until([&] { return peer.ended(); });
    return Reply{0, peer.received, {}}.header("Content-Type");
  };
  CHECK(type("GET", "text/html,*/*;q=0.8") == "text/html; charset=utf-8");
  CHECK(type("HEAD", "text/html") == "text/html; charset=utf-8");
  CHECK(type("GET", "*/*") == "application/json");
  CHECK(type("DELETE", "text/html") == "application/json");
}

TEST_CASE_FIXTURE(ForwardingTest,
                  "forwarding: stopping: the answer says that the connection ends, a tunnel ends at once") {
  Peer peer = connect();
  send(peer, kGet);
  SiteEnd site = asked();
  Peer upgraded = connect();
  send(upgraded, "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n");
  SiteEnd tunnel = asked();
  tunnel.send("HTTP/1.1 101 Switching Protocols\r\n\r\nhi");
  await(upgraded, "hi");
  bool stopped = false;
  worker.stop([&] { stopped = true; });
  until([&] { return tunnel.ended() && upgraded.ended(); });
  CHECK_FALSE(stopped);
  site.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
  await(peer, "\r\n\r\na");
  CHECK(take_reply(peer.received).header("Connection") == "close");
  until([&] { return peer.ended(); });
  peer.hang_up();
  until([&] { return stopped; });
  CHECK(site.ended());
}
