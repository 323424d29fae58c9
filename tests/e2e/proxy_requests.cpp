// Requests through the server to a site and their answers back: what arrives is what was sent.

#include <doctest/doctest.h>

#include <string>

#include "proxy.h"

using namespace martd::test;
using namespace std::string_literals;

TEST_SUITE_BEGIN("proxy");

TEST_CASE_FIXTURE(ProxyTest, "any method, path and query goes through byte for byte") {
  Connection client = this->client();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  Connection behind = site.accept();
  CHECK(read_request(behind).line == "GET / HTTP/1.1");
  behind.send(answer_with("a"));
  CHECK(client.read_answer().body == "a");
  for (std::string line : {
           "GET /a/b.html",
           "BREW /pot",
           "x!#$%&'*+-.^_`|~9 /",
           "PROPFIND /dav/",
           "GET //",
           "GET //double//slash/",
           "GET /a/../b/./c",
           "GET /%2e%2E/%2F%zz%",
           "GET /sub/",
           "GET /Sub",
           "GET /%73ub",
           "GET /pub2?x",
           "GET /?",
           "GET /a?b?c&&d=%20+;",
           "GET /a#b",
           "GET /\"<>{}|\\^`",
           "GET /\xC3\xA9\xFF",
           "OPTIONS /a",
           "TRACE /a",
           "DELETE /a?b",
       }) {
    CAPTURE(line);
    client.send(line + " HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(read_request(behind).line == line + " HTTP/1.1");
    behind.send(answer_with("ok"));
    CHECK(client.read_answer().body == "ok");
  }
  CHECK_FALSE(site.pending());
}

TEST_CASE_FIXTURE(ProxyTest, "an absolute target goes to the site as a path, with its query as it came") {
  for (auto& one : {std::pair{"http://x/a?b"s, "/a?b"s}, {"HTTP://X", "/"}, {"http://x?q", "/?q"}}) {
    auto& asked = one.first;
    auto& seen = one.second;
    CAPTURE(asked);
    Connection client = this->client();
    client.send("GET " + asked + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    Connection behind = site.accept();
    CHECK(read_request(behind).line == "GET " + seen + " HTTP/1.1");
    behind.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    CHECK(client.read_answer().status == 204);
  }
}

TEST_CASE_FIXTURE(ProxyTest, "a body goes to the site with its length, or in chunks, empty ones too") {
  Connection client = this->client();
  client.ask("POST", "/a", {{"Content-Type", "x/y"}}, "with\0zero"s);
  Connection behind = site.accept();
  Asked asked = read_request(behind);
  CHECK(asked.body == "with\0zero"s);
  CHECK(asked.header("Content-Type") == "x/y");
  CHECK_FALSE(asked.has("Transfer-Encoding"));
  behind.send(answer_with("1"));
  CHECK(client.read_answer().body == "1");

  client.ask("PUT", "/b", {{"Transfer-Encoding", "chunked"}, {"Trailer", "X-Sum"}});
  client.send("3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
  asked = read_request(behind);
  CHECK(asked.body == "abcde");
  CHECK(asked.count("Transfer-Encoding") == 1);
  CHECK_FALSE(asked.has("Content-Length"));
  CHECK_FALSE(asked.has("Trailer"));
  behind.send(answer_with("2"));
  CHECK(client.read_answer().body == "2");

  client.ask("POST", "/c", {}, "");
  asked = read_request(behind);
  CHECK(asked.header("Content-Length") == "0");
  behind.send(answer_with("3"));
  CHECK(client.read_answer().body == "3");

  client.ask("POST", "/d", {{"Transfer-Encoding", "chunked"}}).send("0\r\n\r\n");
  asked = read_request(behind);
  CHECK(asked.header("Transfer-Encoding") == "chunked");
  CHECK(asked.body.empty());
  behind.send(answer_with("4"));
  CHECK(client.read_answer().body == "4");

  client.ask("GET", "/e", {}, "a GET may have one");
  CHECK(read_request(behind).body == "a GET may have one");
  behind.send(answer_with("5"));
  CHECK(client.read_answer().body == "5");
}

TEST_CASE_FIXTURE(ProxyTest, "answers by length, in chunks, and to the end of the connection") {
  Connection client = this->client();
  client.ask("GET", "/length");
  Connection behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 Fine, thanks\r\nContent-Length: 3\r\nX-A: b\r\nx-a:c\r\n\r\nabc");
  Answer answer = client.read_answer();
  CHECK(answer.reason == "Fine, thanks");
  CHECK(answer.all("X-A") == "b, c");
  CHECK(answer.header("Content-Length") == "3");
  CHECK(answer.body == "abc");

  client.ask("GET", "/chunks");
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n");
  behind.send("0\r\nX-T: t\r\n\r\n");
  const std::string whole = client.read_until("0\r\n\r\n");
  CHECK(contains(whole, "Transfer-Encoding: chunked\r\n"));
  CHECK_FALSE(contains(whole, "X-T"));
  AnswerParser parser;
  std::string bytes = whole;
  parser.feed(bytes);
  CHECK(parser.answer().body == "abc0123456789");

  client.ask("GET", "/close");
  read_request(behind);
  behind.send("HTTP/1.0 200 OK\r\n\r\nto the end");
  behind.close();
  answer = client.read_answer();
  CHECK(answer.version == "HTTP/1.1");
  CHECK(answer.header("Transfer-Encoding") == "chunked");
  CHECK(answer.body == "to the end");

  client.ask("GET", "/again");  // the client's connection stayed
  behind = site.accept();
  read_request(behind);
  behind.send(answer_with("again"));
  CHECK(client.read_answer().body == "again");
}

TEST_CASE_FIXTURE(ProxyTest, "answers without a body: HEAD, 204, 304") {
  Connection client = this->client();
  client.ask("HEAD", "/a");
  Connection behind = site.accept();
  CHECK(read_request(behind).line == "HEAD /a HTTP/1.1");
  behind.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nETag: \"x\"\r\n\r\n");
  Answer answer = client.read_answer(true);
  CHECK(answer.header("Content-Length") == "1000000");
  CHECK(answer.header("ETag") == "\"x\"");

  client.ask("GET", "/d");
  read_request(behind);
  behind.send("HTTP/1.1 204 No Content\r\n\r\n");
  answer = client.read_answer();
  CHECK(answer.status == 204);
  CHECK_FALSE(answer.has("Transfer-Encoding"));

  client.ask("GET", "/e", {{"If-None-Match", "\"x\""}});
  CHECK(read_request(behind).header("If-None-Match") == "\"x\"");
  behind.send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 77\r\n\r\n");
  answer = client.read_answer(true);
  CHECK(answer.status == 304);
  CHECK(answer.header("ETag") == "\"x\"");
  CHECK_FALSE(answer.has("Content-Length"));

  client.ask("GET", "/f");
  read_request(behind);
  behind.send(answer_with("on the same connection all along"));
  CHECK(client.read_answer().body == "on the same connection all along");

  // Of these nobody knows whether a body follows: the site's connection isn't used again.
  client.ask("HEAD", "/b");
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(client.read_answer(true).header("Transfer-Encoding") == "chunked");
  CHECK(behind.ends());
  client.ask("HEAD", "/c");
  behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\n\r\n");
  CHECK_FALSE(client.read_answer(true).has("Content-Length"));
  CHECK(behind.ends());
}

TEST_CASE_FIXTURE(ProxyTest, "100-continue goes end to end: the site says whether the body is wanted") {
  Connection client = this->client();
  client.ask("POST", "/a", {{"Expect", "100-continue"}, {"Content-Length", "3"}});
  Connection behind = site.accept();
  CHECK(read_request_head(behind).header("Expect") == "100-continue");
  CHECK_FALSE(client.readable(std::chrono::milliseconds{50}));  // nobody but the site may say it
  behind.send("HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client.read_head().status == 100);
  client.send("abc");
  CHECK(behind.read_exactly(3) == "abc");
  behind.send(answer_with("thanks"));
  CHECK(client.read_answer().body == "thanks");

  client.ask("POST", "/b", {{"Expect", "100-continue"}, {"Content-Length", "3"}});
  read_request_head(behind);
  behind.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
  const Answer answer = client.read_answer();
  CHECK(answer.status == 417);
  CHECK(client.ends());  // whether the body comes is anyone's guess: no request can follow on this connection
  CHECK(behind.ends());
}

TEST_CASE_FIXTURE(ProxyTest, "103 and other interim answers are passed on, each at once, but not to HTTP/1.0") {
  Connection client = this->client();
  client.ask("GET", "/");
  Connection behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
  const Answer hints = client.read_head();
  CHECK(hints.status == 103);
  CHECK(hints.header("Link") == "</a.css>; rel=preload");
  CHECK_FALSE(hints.has("Transfer-Encoding"));
  behind.send("HTTP/1.1 102 Processing\r\n\r\n");
  CHECK(client.read_head().status == 102);
  behind.send(answer_with("page"));
  CHECK(client.read_answer().body == "page");

  Connection old = this->client();
  old.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
  read_request(behind);
  behind.send("HTTP/1.1 103 Early Hints\r\n\r\n" + answer_with("page"));
  const std::string all = old.read_to_end();
  CHECK(all.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(all.ends_with("\r\n\r\npage"));
}

TEST_CASE_FIXTURE(ProxyTest, "an HTTP/1.0 client gets what it can read, and keeps its connection where it asks to") {
  Connection client = this->client();
  client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  Connection behind = site.accept();
  const Asked asked = read_request(behind);
  CHECK(asked.line == "GET /a HTTP/1.1");
  CHECK(asked.header("Host") == site.authority());
  CHECK_FALSE(asked.has("Connection"));
  behind.send(answer_with("a"));
  const Answer kept = client.read_answer();
  CHECK(kept.header("Connection") == "keep-alive");
  client.send("GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
  const std::string all = client.read_to_end();
  CHECK_FALSE(contains(all, "Transfer-Encoding"));
  CHECK(contains(all, "Connection: close\r\n"));
  CHECK(all.ends_with("\r\n\r\nabcdef"));
}

TEST_CASE_FIXTURE(ProxyTest, "connections are used again on both sides, and not where either says close") {
  Connection client = this->client();
  Connection other = this->client();
  client.ask("GET", "/1");
  Connection behind = site.accept();
  read_request(behind);
  behind.send(answer_with("1"));
  CHECK(client.read_answer().body == "1");
  other.ask("GET", "/2");  // another client, the same connection to the site
  CHECK(read_request(behind).line == "GET /2 HTTP/1.1");
  behind.send(answer_with("2", "Connection: close\r\n"));
  const Answer answer = other.read_answer();
  CHECK_FALSE(answer.has("Connection"));
  CHECK(behind.ends());
  other.ask("GET", "/3", {{"Connection", "close"}});
  behind = site.accept();
  CHECK_FALSE(read_request(behind).has("Connection"));
  behind.send(answer_with("3"));
  CHECK(other.read_answer().header("Connection") == "close");
  CHECK(other.ends());
  client.ask("GET", "/4");
  read_request(behind);
  behind.send(answer_with("4"));
  CHECK(client.read_answer().body == "4");
  CHECK_FALSE(site.pending());
}

TEST_CASE_FIXTURE(ProxyTest,
                  "pipelined requests are asked one after another and answered in order, ours between them") {
  Connection client = this->client();
  client.send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "GET /client.js HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  Connection behind = site.accept();
  CHECK(read_request(behind).line == "GET /1 HTTP/1.1");
  CHECK_FALSE(behind.readable(std::chrono::milliseconds{20}));
  behind.send(answer_with("1"));
  CHECK(read_request(behind).body == "abc");
  behind.send(answer_with("2"));
  CHECK(read_request(behind).line == "GET /3 HTTP/1.1");
  behind.send(answer_with("3"));
  CHECK(client.read_answer().body == "1");
  CHECK(client.read_answer().body == "2");
  CHECK(contains(client.read_answer().header("Content-Type"), "javascript"));
  CHECK(client.read_answer().body == "3");
}

TEST_CASE_FIXTURE(ProxyTest, "our own paths never reach the site") {
  CHECK(server.push("channel=news", "hello").status == 200);
  CHECK(server.kept("news") == "hello");
  CHECK(server.get("/client.js").status == 200);
  CHECK(server.get("/sub?news=now&.wait=0").status == 200);
  CHECK(server.send({"DELETE", "/client.js"}).status == 405);
  CHECK_FALSE(site.pending());
}

TEST_SUITE_END();
