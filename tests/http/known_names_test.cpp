// A page whose name was pointed at this machine is of the same origin for its browser (DNS rebinding).

#include <doctest/doctest.h>

#include "../forward/forwarding_test.h"
#include "../wire/request_test.h"
#include "access/asker.h"

using namespace martd;
using namespace martd::http;
using namespace martd::wire::test;
using namespace martd::http::test;

namespace {

struct RebindingTest : WorkerTest {
  RebindingTest() { settings->access.hosts.add("push.example"); }

  Reply from(const std::string& host, const std::string& method, const std::string& target,
             const std::string& headers = {}, const std::string& body = {}) {
    Peer peer = connect();
    send(peer, method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers +
                   "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return take_reply(peer.received);
  }
  int push(const std::string& host, const std::string& headers, const std::string& query = "channel=news") {
    return from(host, "POST", "/pub?" + query, headers, "x").status;
  }
};

constexpr const char* kRebound = "Origin: http://evil.example:54321\r\n";

}  // namespace

TEST_CASE_FIXTURE(RebindingTest,
                  "known names: a developer looks at a page whose name turns into 127.0.0.1, and it pushes") {
  // It took part in everything that this machine may do: it pushed, cleared, and looked at channels. Nothing in its
  // requests is foreign to a browser; only the name is nobody's here.
  publish("news", "a");
  CHECK(push("evil.example:54321", kRebound) == 403);
  CHECK(from("evil.example:54321", "PUT", "/pub?channel=news", kRebound, "x").status == 403);
  CHECK(from("evil.example:54321", "DELETE", "/pub?channel=news", kRebound).status == 403);
  CHECK(from("evil.example:54321", "GET", "/pub?channel=news", kRebound).status == 403);
  for (const char* site : {"same-origin", "none", "cross-site"})
    CHECK(push("evil.example", "Sec-Fetch-Site: " + std::string(site) + "\r\n") == 403);
  CHECK(info("news").messages == 1);
}

TEST_CASE_FIXTURE(RebindingTest, "known names: the refusal says what is to be done about it") {
  const Reply reply = from("dev.test:54321", "POST", "/pub?channel=news", "Origin: http://dev.test:54321\r\n", "x");
  CHECK(reply.status == 403);
  CHECK(reply.body.find("dev.test") != std::string::npos);
  CHECK(reply.body.find("--host") != std::string::npos);
}

TEST_CASE_FIXTURE(RebindingTest, "known names: pages of this machine and of names that are known push as before") {
  for (const char* host :
       {"localhost:54321", "127.0.0.1:54321", "[::1]:54321", "app.localhost", "push.example", "PUSH.EXAMPLE."})
    CHECK_MESSAGE(push(host, "Origin: http://" + std::string(host) + "\r\n") == 200, host);
}

TEST_CASE_FIXTURE(RebindingTest, "known names: no program asks for a name to prove anything, so none is needed of it") {
  CHECK(push("any.example", "") == 200);
  CHECK(push("any.example", "User-Agent: curl/8\r\n") == 200);
}

TEST_CASE_FIXTURE(RebindingTest,
                  "known names: the secret and a channel's key open under any name, as nobody else has them") {
  settings->access.publish_secret = "s3cret";
  const std::string own = "Origin: http://any.example\r\n";
  CHECK(push("any.example", own + "Authorization: Bearer s3cret\r\n", "channel=keyed&key=k") == 200);
  CHECK(push("any.example", own, "channel=keyed&key=k") == 200);
  CHECK(push("any.example", own, "channel=keyed&key=wrong") == 403);
}

TEST_CASE_FIXTURE(RebindingTest,
                  "known names: with --host a request for another name is nobody's here, whatever it asks") {
  settings->access.hosts = wire::KnownHosts::parse("push.example").value();
  for (const char* target : {"/", "/client.js", "/sub?news=0&.wait=0", "/pub?channel=news", "/nothing"}) {
    const Reply reply = from("evil.example", "GET", target);
    CHECK_MESSAGE(reply.status == 421, target);
    CHECK(reply.body.find("evil.example") != std::string::npos);
  }
  CHECK(from("evil.example", "POST", "/pub?channel=news", {}, "x").status == 421);
  CHECK(channels() == 0);
  CHECK(from("push.example:8443", "GET", "/sub?news=0&.wait=0").status == 200);
  CHECK(from("localhost", "POST", "/pub?channel=news", {}, "x").status == 200);
  CHECK(from("192.0.2.1", "GET", "/").status == 200);
}

TEST_CASE_FIXTURE(
    RebindingTest,
    "known names: with --host who says no name is refused, but not a proxy that looks whether this lives") {
  settings->access.hosts = wire::KnownHosts::parse("push.example").value();
  const auto ask_old = [this](const std::string& line) {
    Peer peer = connect();
    send(peer, line + " HTTP/1.0\r\n\r\n");
    return take_reply(peer.received).status;
  };
  CHECK(ask_old("GET /sub?news=0&.wait=0") == 421);
  CHECK(ask_old("OPTIONS *") != 421);
  CHECK(ask_old("OPTIONS /pub") != 421);
}

TEST_CASE_FIXTURE(RebindingTest,
                  "known names: a connection that polls is told as soon as its name isn't one any more") {
  // Requests like the one before are read by a short way, which doesn't look at header lines.
  Peer peer = connect();
  const std::string poll = "GET /sub?news=0&.wait=0 HTTP/1.1\r\nHost: other.example\r\n\r\n";
  for (int i = 0; i < 3; ++i) {
    send(peer, poll);
    CHECK(take_reply(peer.received).status == 200);
  }
  auto fresh = std::make_shared<Settings>(*settings);
  fresh->access.hosts = wire::KnownHosts::parse("push.example").value();
  worker.use(*fresh);
  worker.keep(fresh);
  turn();
  send(peer, poll);
  CHECK(take_reply(peer.received).status == 421);
}

TEST_CASE_FIXTURE(ForwardingTest,
                  "known names: a site that is given its own name can't refuse a stranger's, so it is refused here") {
  // Development servers answer to names they know only. Behind --upstream-host they saw theirs, whatever was asked for.
  settings->upstream_host = true;
  Peer peer = connect();
  send(peer, "GET /secrets HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK(take_reply(peer.received).status == 421);
  CHECK(door.take() < 0);
  CHECK_FALSE(peer.ended());
  send(peer, "GET /sub?news=0&.wait=0 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK(take_reply(peer.received).status == 200);
  send(peer, "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
  SiteEnd end = asked();
  CHECK(end.received.starts_with("GET /page "));
}
