// A connection's requests, one after another, in pieces, ahead of time, wrong.

#include "http/session.h"

#include "worker_fixture.h"

using namespace martd;
using namespace martd::http;
using namespace martd::http::test;

TEST_CASE_FIXTURE(WorkerTest, "session: a request that is there when the connection is taken is answered at once") {
  Peer early;
  early.send("GET /pub?channel=none HTTP/1.1\r\nHost: localhost\r\n\r\n");
  worker.accept(early.give(), address("127.0.0.1"), nullptr);
  early.receive();
  CHECK(early.received.starts_with("HTTP/1.1 404 "));
  CHECK(worker.sessions() == 1);

  // One that leaves before it was looked at leaves nothing behind.
  Peer gone;
  const int descriptor = gone.give();
  gone.hang_up();
  worker.accept(descriptor, address("127.0.0.1"), nullptr);
  turn();
  CHECK(worker.sessions() == 1);
  CHECK(count.open == 1);
}

TEST_CASE_FIXTURE(WorkerTest, "session: connections are tried at once as long as they bring their request") {
  const auto take = [this](bool with_request) {
    Peer peer;
    if (with_request) peer.send("GET /pub?channel=none HTTP/1.1\r\nHost: localhost\r\n\r\n");
    worker.accept(peer.give(), address("127.0.0.1"), nullptr);
    const bool at_once = peer.receive();
    turn();
    peer.receive();
    CHECK(peer.received.empty() != with_request);
    return at_once;
  };
  CHECK(take(true));
  CHECK(take(true));
  CHECK_FALSE(take(false));
  int waited = 0;
  while (!take(true)) ++waited;
  CHECK(waited == 15);
  CHECK(take(true));
}

TEST_CASE_FIXTURE(WorkerTest, "session: requests that come together are answered in order, on one connection") {
  Peer peer = connect();
  send(peer,
       "GET /a HTTP/1.1\r\nHost: a\r\n\r\nPOST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
       "GET /pub?channel=news HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(take_reply(peer.received).status == 404);
  CHECK(take_reply(peer.received).status == 200);
  CHECK(take_reply(peer.received).body.find("\"messages\":1") != std::string::npos);
  CHECK(peer.received.empty());
  CHECK_FALSE(peer.ended());
}

TEST_CASE_FIXTURE(WorkerTest, "session: a request that comes byte by byte is one request") {
  Peer peer = connect();
  const std::string request =
      "\r\nPOST /pub?channel=news HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
      "GET /pub?channel=news HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char byte : request) send(peer, {&byte, 1});
  CHECK(take_reply(peer.received).status == 200);
  CHECK(take_reply(peer.received).body.find("\"bytes\":5") != std::string::npos);
}

TEST_CASE_FIXTURE(WorkerTest, "session: what can be read in two ways is refused and the connection closed") {
  for (const char* head :
       {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Folded: a\r\n b\r\n", "Space : a\r\n", "Host: again\r\n"}) {
    Peer peer = connect();
    send(peer, std::string("GET / HTTP/1.1\r\nHost: a\r\n") + head + "\r\n");
    CHECK(take_reply(peer.received).status == 400);
    CHECK(peer.ended());
  }
}

TEST_CASE_FIXTURE(WorkerTest, "session: a header that is too long, and a target that is") {
  Peer header = connect();
  send(header, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x'));
  CHECK(take_reply(header.received).status == 431);
  CHECK(header.ended());
  Peer target = connect();
  send(target, "GET /" + std::string(20000, 'x'));
  CHECK(take_reply(target.received).status == 414);
  CHECK(target.ended());
}

TEST_CASE_FIXTURE(WorkerTest, "session: a payload over the limit is refused, however its length is told") {
  settings->max_payload = 1000;
  const std::string body(1001, 'x');
  Peer counted = connect();
  CHECK(ask(counted, "POST", "/pub?channel=news", {}, body).status == 413);
  CHECK(counted.ended());
  Peer chunked = connect();
  send(chunked, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + body +
                    "\r\n0\r\n\r\n");
  CHECK(take_reply(chunked.received).status == 413);
  CHECK(chunked.ended());
  Peer fitting = connect();
  CHECK(ask(fitting, "POST", "/pub?channel=news", {}, body.substr(1)).status == 200);
}

TEST_CASE_FIXTURE(WorkerTest, "session: a body that is too long is told by the name of its own limit") {
  // Once a form of /sub was told that its payload was over --max-payload, which it has nothing to do with.
  settings->max_payload = 10;
  Peer form = connect();
  const std::string head = "POST /sub HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  send(form, head + "4194305\r\n\r\n");
  const Reply refused = take_reply(form.received);
  CHECK(refused.status == 413);
  CHECK(refused.body == "{\"error\":\"the request's body: more than 4194304 bytes\"}\n");
  Peer payload = connect();
  CHECK(ask(payload, "POST", "/pub?channel=news", {}, "more than ten bytes").body ==
        "{\"error\":\"payload: more than 10 bytes (--max-payload)\"}\n");
}

TEST_CASE_FIXTURE(WorkerTest, "session: an absolute target's payload has the same limit as any other's") {
  Peer peer = connect();
  const std::string body(200000, 'x');
  CHECK(ask(peer, "POST", "http://localhost/pub?channel=news", {}, body).status == 200);
}

TEST_CASE_FIXTURE(WorkerTest,
                  "session: an allowed page gets its CORS headers on every answer of /pub, a payload's 413 as well") {
  settings->max_payload = 10;
  settings->access.origins = wire::OriginList::parse("https://app.example").value();
  const std::string_view origin = "Origin: https://app.example\r\n";
  Peer peer = connect();
  for (const char* target : {"/pub?channel=news", "/pub?channel=", "/pub?sise=1", "/sub?a=x"}) {
    const Reply reply = ask(peer, "POST", target, origin, "x");
    CHECK_MESSAGE(reply.header("Access-Control-Allow-Origin") == "https://app.example", target);
    CHECK(reply.header("Vary") == "Origin");
  }
  const Reply refused = ask(peer, "POST", "/pub?channel=news", origin, "more than ten bytes");
  CHECK(refused.status == 413);
  CHECK(refused.header("Access-Control-Allow-Origin") == "https://app.example");
}

TEST_CASE_FIXTURE(WorkerTest, "session: a preflight names what may be sent") {
  settings->access.origins = wire::OriginList::parse("https://app.example").value();
  Peer peer = connect();
  const Reply allowed =
      ask(peer, "OPTIONS", "/pub", "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n");
  CHECK(allowed.status == 204);
  CHECK(allowed.header("Access-Control-Allow-Methods").find("DELETE") != std::string::npos);
  for (const char* header : {"Last-Event-ID", "If-None-Match", "Content-Type", "Authorization"})
    CHECK(allowed.header("Access-Control-Allow-Headers").find(header) != std::string::npos);
  CHECK(ask(peer, "OPTIONS", "/pub", "Origin: https://other.example\r\n").status == 403);
}

TEST_CASE_FIXTURE(WorkerTest, "session: a client that waits for leave to send its body gets it") {
  Peer peer = connect();
  send(peer, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(more(peer) == "HTTP/1.1 100 Continue\r\n\r\n");
  send(peer, "abc");
  CHECK(take_reply(peer.received).status == 200);
}

TEST_CASE_FIXTURE(WorkerTest, "session: closed when the client asks for it, kept for HTTP/1.0 when it asks for that") {
  Peer closing = connect();
  CHECK(ask(closing, "GET", "/pub?channel=none", "Connection: close\r\n").header("Connection") == "close");
  CHECK(closing.ended());
  Peer old = connect();
  send(old, "GET /x HTTP/1.0\r\n\r\n");
  CHECK(take_reply(old.received).header("Connection") == "close");
  CHECK(old.ended());
  Peer kept = connect();
  send(kept, "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(take_reply(kept.received).header("Connection") == "keep-alive");
  CHECK_FALSE(kept.ended());
}

TEST_CASE_FIXTURE(WorkerTest, "session: methods that a path doesn't take") {
  Peer peer = connect();
  CHECK(ask(peer, "PUT", "/sub?a=0").header("Allow") == "GET, POST, OPTIONS");
  CHECK(ask(peer, "PATCH", "/pub?channel=a").status == 405);
}

// HAProxy's default check, `OPTIONS / HTTP/1.0` without a Host, was answered 405, and `OPTIONS *` 404: the balancer
// took a healthy server out.
TEST_CASE_FIXTURE(WorkerTest, "session: a balancer that looks whether the server is there is told so") {
  for (const std::string head :
       {"OPTIONS / HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.0\r\n\r\n", "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    CAPTURE(head);
    Peer peer = connect();
    send(peer, head);
    const Reply reply = take_reply(peer.received);
    CHECK(reply.status == 204);
    CHECK(reply.header("Allow").find("OPTIONS") != std::string::npos);
    CHECK(peer.received.empty());
  }
}

TEST_CASE_FIXTURE(WorkerTest, "session: OPTIONS names the methods of each path of ours, and of no other") {
  Peer peer = connect();
  const auto allow = [&](const char* target) { return ask(peer, "OPTIONS", target).header("Allow"); };
  CHECK(allow("/sub") == allowed_methods(Route::subscribe));
  CHECK(allow("/pub") == allowed_methods(Route::publish));
  CHECK(allow("/client.js") == "GET, HEAD, OPTIONS");
  CHECK(allow("/") == "GET, HEAD, OPTIONS");
  CHECK(ask(peer, "OPTIONS", "/elsewhere").status == 404);
}

TEST_CASE_FIXTURE(WorkerTest, "session: a look is told that there is no room, a preflight what it asks for") {
  settings->max_connections = 1;
  Peer first = connect();
  for (const char* target : {"*", "/"}) {
    Peer peer = connect();
    CHECK(ask(peer, "OPTIONS", target).status == 503);
  }
  Peer peer = connect();
  CHECK(ask(peer, "OPTIONS", "/sub").status == 204);
}

TEST_CASE_FIXTURE(WorkerTest, "session: what a held client sends ahead waits its turn") {
  Peer peer = connect();
  send(peer, "GET /sub?news=now HTTP/1.1\r\nHost: a\r\n\r\nGET /pub?channel=news HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(peer.received.empty());
  send(peer, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(peer.received.empty());
  publish("news", "a");
  CHECK(reply(peer).body.find("\"a\"") != std::string::npos);
  CHECK(take_reply(peer.received).body.find("\"messages\":1") != std::string::npos);
  CHECK(take_reply(peer.received).status == 404);
}

TEST_CASE_FIXTURE(WorkerTest, "session: over the limit of connections a client is told when to come back") {
  settings->max_connections = 1;
  Peer first = connect();
  Peer second = connect();
  CHECK(ask(second, "GET", "/sub?a=0").status == 503);
  CHECK(second.ended());
  Peer third = connect();
  const Reply stream = ask(third, "GET", "/sub?a=0", "Accept: text/event-stream\r\n");
  CHECK(stream.status == 200);
  CHECK(stream.body.starts_with("retry: "));
  CHECK(third.ended());
  Peer fourth = connect();
  CHECK(ask(fourth, "POST", "/pub?channel=a", {}, "x").header("Retry-After") == "2");
  CHECK(ask(first, "POST", "/pub?channel=a", {}, "x").status == 200);
}

TEST_CASE_FIXTURE(WorkerTest, "session: a client that goes away midway leaves nothing behind") {
  const std::string request = "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    Peer peer = connect();
    send(peer, request.substr(0, cut));
    peer.hang_up();
    turn();
    REQUIRE(worker.sessions() == 0);
  }
  CHECK(channels() == 0);
}

TEST_CASE_FIXTURE(WorkerTest,
                  "session: stopping ends idle connections, lets a request whose body comes be answered, and says when "
                  "all are gone") {
  Peer idle = connect();
  Peer begun = connect();
  send(begun, "POST /pub?channel=news HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
  bool done = false;
  worker.stop([&] { done = true; });
  turn();
  CHECK(idle.ended());
  CHECK_FALSE(begun.ended());
  idle.hang_up();
  turn();
  CHECK_FALSE(done);
  send(begun, "x");
  CHECK(take_reply(begun.received).header("Connection") == "close");
  CHECK(begun.ended());
  begun.hang_up();
  turn();
  CHECK(done);
}
