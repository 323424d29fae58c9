// What sites and clients write that is not quite as it should be, and means one thing only: it is taken, and goes on as
// it should have been written.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy.h"

using namespace martd::test;

namespace {

/// Asks for something, and has the site say that.
struct Exchanged {
  Answer answer;
  bool kept = false;  ///< the site's connection serves the next request, too
};
Exchanged answered_with(ProxyTest& test, const std::string& said, const std::string& method = "GET") {
  Connection client = test.client();
  client.ask(method, "/");
  Connection behind = test.site.accept();
  read_request(behind);
  behind.send(said);
  Exchanged exchanged;
  exchanged.answer = client.read_answer(method == "HEAD");
  // The client's own connection goes on in any case.
  client.ask("GET", "/next");
  std::string asked;
  exchanged.kept = behind.receive(asked);
  Connection next = exchanged.kept ? std::move(behind) : test.site.accept();
  if (!exchanged.kept) read_request(next);
  next.send(answer_with("next", "Connection: close\r\n"));
  CHECK(client.read_answer().body == "next");
  return exchanged;
}

}  // namespace

TEST_SUITE_BEGIN("proxy leniency");

TEST_CASE_FIXTURE(ProxyTest, "chunk extensions and blanks of a request are skipped, and never reach the site") {
  // RFC 9112 section 7.1.1: a recipient MUST ignore extensions it doesn't know. Uploads of an SDK that signs each chunk
  // in one got 400.
  Connection client = this->client();
  client.ask("POST", "/", {{"Transfer-Encoding", "chunked"}});
  client.send("3;chunk-signature=0123456789abcdef\r\nabc\r\n2 ; q=\";\\\"\" \r\nde\r\n0;last\t\r\nX: y\r\n\r\n");
  Connection behind = site.accept();
  read_request_head(behind);
  CHECK(behind.read_until("\r\n0\r\n\r\n") == "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  behind.send(answer_with("taken"));
  CHECK(client.read_answer().body == "taken");
}

TEST_CASE_FIXTURE(ProxyTest, "chunk extensions and blanks of an answer are skipped, and never reach the client") {
  // Some sites pad the size to a fixed width. The client got the head, and then the end of its connection.
  Connection client = this->client();
  client.ask("GET", "/");
  Connection behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3     \r\nabc\r\n2;a=\"b\"\r\nde\r\n0 ;x\r\n\r\n");
  const std::string seen = client.read_until("\r\n0\r\n\r\n");
  CHECK(seen.ends_with("\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
}

TEST_CASE_FIXTURE(ProxyTest, "an answer whose lines end with LF is passed on with CR LF, its body untouched") {
  // What a CGI script prints, behind Python's http.server --cgi, BusyBox's httpd or mini_httpd: it was a 502.
  for (const std::string head :
       {"HTTP/1.0 200 OK\nContent-Type: text/plain\nX: y\n\n", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\nX: y\n\n",
        "HTTP/1.0 200 OK\r\nContent-Type: text/plain\nX: y\r\n\n"}) {
    CAPTURE(head);
    Connection client = this->client();
    client.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
    Connection behind = site.accept();
    read_request(behind);
    behind.send(head + "\na\nb\r\n\r\n");
    behind.close();
    const std::string seen = client.read_to_end();
    CHECK(contains(seen, "\r\nContent-Type: text/plain\r\nX: y\r\n"));
    CHECK(seen.ends_with("\r\n\r\n\na\nb\r\n\r\n"));
  }
}

TEST_CASE_FIXTURE(ProxyTest,
                  "an answer's names lose the blanks behind them, its values keep their control bytes, 1.2 is 1.1") {
  const auto [answer, kept] =
      answered_with(*this, "HTTP/1.2 200 OK\r\nX: a\x01\x1B[1mb\x7F\r\nContent-Length \t: 2\r\nY : z\r\n\r\nok");
  CHECK(answer.status == 200);
  CHECK(answer.header("X") == "a\x01\x1B[1mb\x7F");
  CHECK(answer.header("Content-Length") == "2");
  CHECK(answer.header("Y") == "z");
  CHECK(answer.body == "ok");
  CHECK(kept);
}

TEST_CASE_FIXTURE(ProxyTest, "a request in HTTP/1.2 is one in HTTP/1.1") {
  Connection client = this->client();
  client.send("GET /a HTTP/1.2\r\nHost: x\r\n\r\n");
  Connection behind = site.accept();
  const Asked asked = read_request(behind);
  CHECK(asked.line == "GET /a HTTP/1.1");
  CHECK(asked.header("Via").starts_with("1.1 martd"));
  behind.send(answer_with("ok"));
  CHECK(client.read_answer().body == "ok");
}

TEST_CASE_FIXTURE(
    ProxyTest,
    "204 and 304 with a length or chunks: passed on without, and the connection kept where nothing can follow") {
  // Django's runserver says Content-Length: 0 with a 204, others say how long a body would be: all of it was 502.
  struct Case {
    std::string said;
    bool kept;
  };
  for (const Case& one : std::vector<Case>{
           {"204 No Content\r\nContent-Length: 0\r\n", true},
           {"204 No Content\r\nContent-Length: 3\r\n", false},
           {"204 No Content\r\nTransfer-Encoding: chunked\r\n", false},
           {"304 Not Modified\r\nContent-Length: 1000\r\n", true},
           {"304 Not Modified\r\nTransfer-Encoding: chunked\r\n", false},
           {"304 Not Modified\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", false},
       }) {
    CAPTURE(one.said);
    const auto [answer, kept] = answered_with(*this, "HTTP/1.1 " + one.said + "ETag: \"a\"\r\n\r\n");
    CHECK(std::to_string(answer.status) == one.said.substr(0, 3));
    CHECK(answer.header("ETag") == "\"a\"");
    CHECK_FALSE(answer.has("Content-Length"));
    CHECK_FALSE(answer.has("Transfer-Encoding"));
    CHECK(kept == one.kept);
  }
}

TEST_CASE_FIXTURE(ProxyTest, "interim answers with a length or chunks: passed on without, and the answer follows") {
  for (const std::string field : {"Content-Length: 0\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n"}) {
    CAPTURE(field);
    Connection client = this->client();
    client.ask("GET", "/");
    Connection behind = site.accept();
    read_request(behind);
    behind.send("HTTP/1.1 103 Early Hints\r\n" + field + "Link: </a>\r\n\r\n" + answer_with("ok"));
    const std::string hints = client.read_until("\r\n\r\n");
    CHECK(hints.starts_with("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n"));
    CHECK_FALSE(contains(hints, field));
    CHECK(client.read_answer().body == "ok");
    CHECK(behind.ends());  // it isn't trusted with another request
  }
}

TEST_CASE_FIXTURE(ProxyTest, "a WebSocket whose 101 has a length or chunks is a tunnel") {
  // Shiny's and drogon's have: they didn't work at all.
  for (const std::string field : {"Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n"}) {
    CAPTURE(field);
    Connection client = this->client();
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    Connection behind = site.accept();
    read_request(behind);
    behind.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + field +
                "\r\nhello");
    const std::string seen = client.read_until("hello");
    CHECK(seen.starts_with("HTTP/1.1 101 "));
    CHECK_FALSE(contains(seen, field));
    client.send("hi");
    CHECK(behind.read_exactly(2) == "hi");
  }
}

TEST_SUITE_END();
