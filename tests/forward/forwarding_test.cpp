// A request that goes to the site, inside a session: whose connection ends how, what is counted, what waits.

#include "forward/forwarding.h"

#include "forwarding_test.h"

using namespace martd;
using namespace martd::forward;
using namespace martd::http;
using namespace martd::http::test;
using client::test::SiteEnd;

namespace {

constexpr const char* kUpgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

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
  CHECK(failed(client::Failure::refused) == 1);
  CHECK(proxied(5) == 1);
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: what came of an answer before it broke is its own client's only") {
  // The pieces of one turn are put together in what all sessions of a loop share. Once they stayed there where the
  // answer broke in the same read, and another client, which asked in the same turn, got them before its own answer.
  Peer peer = connect();
  Peer other = connect();
  send(peer, kGet);
  SiteEnd site = asked();
  site.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecret\r\nrubbish");
  other.send("GET /client.js HTTP/1.1\r\nHost: x\r\n\r\n");
  await(other, "javascript");
  CHECK(other.received.find("secret") == std::string::npos);
  await(peer, "secret");
  until([&] { return peer.ended(); });
  CHECK(peer.received.find("\r\n0\r\n") == std::string::npos);
  CHECK(failed(client::Failure::rubbish) == 1);
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: a status that no class has counts as none") {
  // Once 700 counted as an interim answer.
  Peer peer = connect();
  send(peer, kGet);
  SiteEnd site = asked();
  site.send("HTTP/1.1 700 What\r\nContent-Length: 0\r\n\r\n");
  await(peer, "\r\n\r\n");
  CHECK(take_reply(peer.received).status == 700);
  CHECK(proxied(0) == 1);
  CHECK(proxied(1) == 0);
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
  send(upgraded, kUpgrade);
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

// A client that read a part of a large answer and then no more, without leaving, held its connection and the site's for
// as long as it liked: nothing was ever due.
TEST_CASE_FIXTURE(ForwardingTest, "forwarding: a client that takes nothing of its answer for long is broken off") {
  settings->upstream_timeouts.taking = 50ms;
  Peer peer = connect();
  send(peer, kGet);
  SiteEnd site = asked();
  site.send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
  const std::string piece(50000, 'x');
  until([&] {
    while (site.try_send(piece) > 0) {
    }
    return site.ended();
  });
  CHECK(worker.upstream()->open() == 0);
  peer.receive();
  CHECK(peer.received.size() < 50000000);
  until([&] { return peer.ended(); });
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: a tunnel may wait for its client for as long as it likes") {
  settings->upstream_timeouts.taking = 1ms;
  Peer peer = connect();
  send(peer, kUpgrade);
  SiteEnd site = asked();
  site.send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  const std::string piece(50000, 'x');
  std::size_t sent = 0;
  for (int idle = 0; idle < 20;) {
    const ssize_t taken = site.try_send(piece);
    idle = taken > 0 ? 0 : idle + 1;
    if (taken > 0) sent += static_cast<std::size_t>(taken);
    loop.turn(2ms);
  }
  CHECK_FALSE(site.ended());
  until([&] {
    peer.receive();
    return peer.received.size() > sent;
  });
  CHECK_FALSE(peer.ended());
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: Max-Forwards is counted down, and whom it ends with answers") {
  Peer peer = connect();
  const auto ask = [&](const std::string& method, const std::string& number) {
    send(peer, method + " /a HTTP/1.1\r\nHost: x\r\nMax-Forwards: " + number + "\r\n\r\n");
  };
  ask("OPTIONS", "0");
  Reply reply = take_reply(peer.received);
  CHECK(reply.status == 204);
  CHECK(reply.header("Allow") == "OPTIONS");
  ask("TRACE", "0");
  reply = take_reply(peer.received);
  CHECK(reply.status == 405);
  CHECK(reply.header("Allow") == "OPTIONS");
  ask("TRACE", "many");
  reply = take_reply(peer.received);
  CHECK(reply.status == 400);
  CHECK(reply.body.find("Max-Forwards") != std::string::npos);
  CHECK(door.take() < 0);
  CHECK_FALSE(peer.ended());
  ask("OPTIONS", "1");
  SiteEnd site = asked();
  CHECK(site.received.find("\r\nMax-Forwards: 0\r\n") != std::string::npos);
  site.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  await(peer, "\r\n\r\n");
  CHECK(take_reply(peer.received).status == 200);
  ask("GET", "0");  // it doesn't count there
  await(site, "GET /a");
  CHECK(site.received.find("Max-Forwards: 0\r\n", site.received.find("GET /a")) != std::string::npos);
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: the page says why, and allows its own script and nothing else") {
  const auto page = [&] {
    Peer peer = connect();
    send(peer, "GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n");
    SiteEnd site = asked();
    site.send("what?");
    await(peer, "</html>");
    return take_reply(peer.received);
  };
  const Reply reply = page();
  CHECK(reply.status == 502);
  CHECK(reply.header("Proxy-Status") == "martd; error=http_protocol_error");
  CHECK(reply.body.find(client::row(client::Failure::rubbish).sentence) != std::string::npos);
  CHECK(reply.body.find("data-mode=\"never\"") != std::string::npos);
  CHECK(reply.body.find("<!-- ") == std::string::npos);
  CHECK(reply.body.find("http-equiv") == std::string::npos);
  const std::string policy = reply.header("Content-Security-Policy");
  CHECK(policy.starts_with("default-src 'none'; script-src 'sha256-"));
  CHECK(policy.find("; connect-src 'self'; ") != std::string::npos);
}

TEST_CASE_FIXTURE(ForwardingTest,
                  "forwarding: a page of a site that isn't there looks again, with a script or without") {
  door.go_away();
  Peer peer = connect();
  send(peer, "GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n");
  await(peer, "</html>");
  const Reply reply = take_reply(peer.received);
  CHECK(reply.body.find("data-mode=\"look\"") != std::string::npos);
  CHECK(reply.body.find("http-equiv=\"refresh\"") != std::string::npos);
}

TEST_CASE("forwarding: each failure's sentence can stand in a page, and only what ends by itself is looked for") {
  for (std::size_t i = 0; i < client::kFailures; ++i) {
    const client::FailureRow& row = client::row(static_cast<client::Failure>(i));
    CAPTURE(row.name);
    CHECK(row.sentence.find_first_of("<>&") == std::string_view::npos);
    const bool ends = row.failure == client::Failure::refused || row.failure == client::Failure::unresolved ||
                      row.failure == client::Failure::connect_timeout;
    CHECK((row.again == client::Again::look) == ends);
    CHECK((row.again == client::Again::once) == (row.failure == client::Failure::broken));
  }
}

TEST_CASE("forwarding: each failure's status has its phrase") {
  // Once a 502 and a 504 went out as `Unknown`.
  for (std::size_t i = 0; i < client::kFailures; ++i)
    CHECK(wire::reason_phrase(client::row(static_cast<client::Failure>(i)).status) != "Unknown");
}

TEST_CASE_FIXTURE(ForwardingTest,
                  "forwarding: OPTIONS of the whole server is this server's, that of a path the site's") {
  Peer peer = connect();
  for (const char* target : {"*", "http://localhost"}) {
    const Reply reply = ask(peer, "OPTIONS", target);
    CHECK(reply.status == 204);
    CHECK(reply.header("Allow").find("OPTIONS") != std::string::npos);
  }
  CHECK(door.take() < 0);
  send(peer, "OPTIONS http://x/ HTTP/1.1\r\nHost: x\r\n\r\n");
  SiteEnd site = asked();
  CHECK(site.received.starts_with("OPTIONS / HTTP/1.1\r\n"));
}

// A link-local client's address came with the zone by which this machine knows it, `fe80::1%eth0`: sites that read
// addresses strictly answered 400 or 500.
TEST_CASE_FIXTURE(ForwardingTest, "forwarding: the zone of a client's address is nobody's business") {
  settings->forwarded = true;
  Peer peer;
  worker.accept(peer.give(), boost::asio::ip::make_address_v6("fe80::1%1"), nullptr);
  send(peer, kGet);
  SiteEnd site = asked();
  CHECK(site.received.find("\r\nX-Forwarded-For: fe80::1\r\n") != std::string::npos);
  CHECK(site.received.find("\r\nForwarded: for=\"[fe80::1]\";") != std::string::npos);
  CHECK(site.received.find('%') == std::string::npos);
}

TEST_CASE_FIXTURE(ForwardingTest, "forwarding: --forwarded tells the site in the words of RFC 7239, too") {
  for (const bool asked_for : {false, true}) {
    settings->forwarded = asked_for;
    Peer peer = connect("2001:db8::1");
    send(peer, "GET / HTTP/1.1\r\nHost: site.example:81\r\nForwarded: for=203.0.113.1\r\nConnection: close\r\n\r\n");
    SiteEnd site = asked();
    CHECK(site.received.find("203.0.113.1") == std::string::npos);
    const std::string wanted = "\r\nForwarded: for=\"[2001:db8::1]\";host=\"site.example:81\";proto=http\r\n";
    CHECK((site.received.find(wanted) != std::string::npos) == asked_for);
    CHECK(site.received.find("\r\nX-Forwarded-For: 2001:db8::1\r\n") != std::string::npos);
  }
}
