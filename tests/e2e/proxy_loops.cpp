// Sites that lead back to the server before them, and protocols that none of its rules would have seen.

#include <doctest/doctest.h>

#include <string>

#include "proxy.h"

using namespace martd::test;

namespace {

/// A dev server that passes on what it has no page for: its request, as the server before it would get it back.
struct Circle : ProxyTest {
  Circle() {
    Connection first = client();
    first.ask("GET", "/");
    Connection behind = site.accept();
    via = read_request(behind).header("Via");
    behind.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    CHECK(first.read_answer().status == 204);
  }
  std::string via;
};

}  // namespace

TEST_SUITE_BEGIN("proxy");

// A server that was its own site, or had one that passed requests on to it, asked itself: one request took 5,535
// descriptors, and then nobody could connect any more.
TEST_CASE_FIXTURE(Circle, "a request that comes round again is refused, whatever it is") {
  const std::string back = "Host: x\r\nVia: " + via + ", 1.1 dev-server\r\n";
  for (const std::string& request :
       {"GET / HTTP/1.1\r\n" + back + "\r\n", "GET / HTTP/1.0\r\n" + back + "\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1000\r\n" + back + "\r\nsome of it",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + back + "\r\n3\r\nabc\r\n",
        "TRACE / HTTP/1.1\r\n" + back + "\r\n", "OPTIONS / HTTP/1.1\r\nMax-Forwards: 5\r\n" + back + "\r\n",
        "OPTIONS / HTTP/1.1\r\nMax-Forwards: 0\r\n" + back + "\r\n",
        "GET / HTTP/1.1\r\nConnection: upgrade, via\r\nUpgrade: websocket\r\n" + back + "\r\n"}) {
    CAPTURE(request);
    Connection client = this->client();
    client.send(request);
    const Answer answer = client.read_answer();
    CHECK(answer.status == 508);
    CHECK(answer.reason == "Loop Detected");
    CHECK(contains(answer.error(), "leads back"));
    CHECK(answer.header("Proxy-Status") == "martd; error=proxy_loop_detected");
    CHECK_FALSE(answer.has("Retry-After"));  // it wouldn't help
  }
  CHECK_FALSE(site.pending());
}

TEST_CASE_FIXTURE(Circle, "a browser is told of the loop by a page that doesn't look again") {
  const Answer page = server.get("/", {{"Accept", "text/html"}, {"Via", via}});
  CHECK(page.status == 508);
  CHECK(contains(page.body, "leads back"));
  CHECK(contains(page.body, "data-mode=\"never\""));
}

TEST_CASE_FIXTURE(Circle, "another martd before this one is no loop, nor is one that calls itself so") {
  for (const std::string said : {"1.1 martd", "1.1 martd-00000000, 1.1 martd-00000001", "1.1 nginx (martd)"}) {
    CAPTURE(said);
    Connection client = this->client();
    client.ask("GET", "/", {{"Via", said}});
    Connection behind = site.accept();
    CHECK(read_request(behind).header("Via") == said + ", " + via);
    behind.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    CHECK(client.read_answer().status == 204);
  }
}

TEST_CASE("two servers that have each other for their site: one round, and its end is told and counted") {
  Upstream place;  // a port that stays free
  place.go_away();
  TestServer one({place.url(), "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"});
  TestServer other({one.endpoint().url(), "--http", place.authority()});
  const Answer answer = one.get("/a");
  CHECK(answer.status == 508);
  CHECK(contains(answer.error(), "leads back"));
  CHECK(contains(one.admin().get("/metrics").body, "martd_proxy_failures_total{failure=\"loop\"} 1\n"));
}

// Once a site had said 101, nothing of what the client sent was read any more. Sites that don't know the protocol
// ignore it and answer, but one of them was enough: in a tunnel of h2c any X-Forwarded-For reached it.
TEST_CASE_FIXTURE(ProxyTest,
                  "an upgrade to anything but a WebSocket is taken off, and the rest of the request goes on") {
  for (const std::string protocol : {"h2c", "raw", "TLS/1.0", "HTTP/2.0", "foo, h2c"}) {
    CAPTURE(protocol);
    Connection client = this->client();
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: " + protocol +
                "\r\nContent-Length: 3\r\n\r\nabc");
    Connection behind = site.accept();
    const Asked asked = read_request(behind);
    CHECK(asked.line == "POST /a HTTP/1.1");
    CHECK(asked.body == "abc");
    CHECK_FALSE(asked.has("Upgrade"));
    CHECK_FALSE(asked.has("Connection"));
    // One that switches all the same.
    behind.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + protocol + "\r\n\r\n");
    CHECK(client.read_answer().status == 502);
    CHECK(behind.ends());
  }
}

TEST_CASE_FIXTURE(ProxyTest, "of several protocols the WebSocket alone is asked for, and no other is switched to") {
  for (const std::string chosen : {"h2c", "websocket"}) {
    CAPTURE(chosen);
    Connection client = this->client();
    client.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c, websocket\r\n\r\n");
    Connection behind = site.accept();
    const Asked asked = read_request(behind);
    CHECK(asked.count("Upgrade") == 1);
    CHECK(asked.header("Upgrade") == "websocket");
    behind.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + chosen + "\r\n\r\n");
    if (chosen == "websocket") {
      CHECK(contains(client.read_until("\r\n\r\n"), " 101 "));
    } else {
      CHECK(client.read_answer().status == 502);
      CHECK(behind.ends());
    }
  }
}

TEST_SUITE_END();
