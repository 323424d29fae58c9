// What two parsers could read differently goes no further, in either direction. The list of docs/proxy.md, 'What is
// refused'.

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "proxy.h"

using namespace martd::test;
using namespace std::string_literals;

namespace {

struct Case {
  std::string what;
  std::string bytes;
};

std::string asked_with(const std::string& lines, const std::string& body = {}) {
  return "POST /a HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n" + body;
}

std::string chunked(const std::string& body) { return asked_with("Transfer-Encoding: chunked\r\n", body); }

std::string said_with(const std::string& lines, const std::string& body = {}) {
  return "HTTP/1.1 200 OK\r\n" + lines + "\r\n" + body;
}

}  // namespace

TEST_SUITE_BEGIN("proxy strictness");

TEST_CASE_FIXTURE(ProxyTest, "requests: 400, the connection closed, and the site isn't asked") {
  const std::vector<Case> cases = {
      {"two lengths", asked_with("Content-Length: 1\r\nContent-Length: 2\r\n", "a")},
      {"two equal lengths", asked_with("Content-Length: 1\r\nContent-Length: 1\r\n", "a")},
      {"a list of lengths", asked_with("Content-Length: 1, 1\r\n", "a")},
      {"a length with a sign", asked_with("Content-Length: +1\r\n", "a")},
      {"a negative length", asked_with("Content-Length: -1\r\n", "a")},
      {"a length in hex", asked_with("Content-Length: 0x1\r\n", "a")},
      {"a length with a space in it", asked_with("Content-Length: 1 0\r\n", "a")},
      {"a length too large for anyone", asked_with("Content-Length: 99999999999999999999\r\n", "a")},
      {"an empty length", asked_with("Content-Length:\r\n", "a")},
      {"a length and chunks", asked_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"chunks and a length", asked_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
      {"chunked, identity", asked_with("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")},
      {"identity", asked_with("Transfer-Encoding: identity\r\n")},
      {"gzip, chunked", asked_with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
      {"chunked twice", asked_with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")},
      {"two codings", asked_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n")},
      {"a coding in quotes", asked_with("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")},
      {"a coding with a parameter", asked_with("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n")},
      {"a coding after a vertical tab", asked_with("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n")},
      {"an empty coding", asked_with("Transfer-Encoding:\r\n")},
      {"chunks in HTTP/1.0", "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"bare LF after a field", "GET /a HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"},
      {"bare LF after the first line", "GET /a HTTP/1.1\nHost: x\r\n\r\n"},
      {"bare LF as the empty line", "GET /a HTTP/1.1\r\nHost: x\r\n\n"},
      {"bare LFs only", "GET /a HTTP/1.1\nHost: x\n\n"},
      {"bare CR in a value", "GET /a HTTP/1.1\r\nHost: x\r\nX: y\rZ: z\r\n\r\n"},
      {"bare CR in the first line", "GET /a\r HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"NUL in a value", "GET /a HTTP/1.1\r\nHost: x\r\nX: y\0z\r\n\r\n"s},
      {"NUL in a name", "GET /a HTTP/1.1\r\nHost: x\r\nX\0: y\r\n\r\n"s},
      {"NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n"s},
      {"space before the colon", asked_with("Content-Length : 1\r\n", "a")},
      {"tab before the colon", asked_with("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n")},
      {"a folded header", "GET /a HTTP/1.1\r\nHost: x\r\nX: y\r\n z\r\n\r\n"},
      {"a folded header, with a tab", "GET /a HTTP/1.1\r\nHost: x\r\nX: y\r\n\tz\r\n\r\n"},
      {"a first line folded", "GET /a HTTP/1.1\r\n Host: x\r\n\r\n"},
      {"a header without a colon", "GET /a HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n"},
      {"a header without a name", "GET /a HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n"},
      {"a name that is no token", "GET /a HTTP/1.1\r\nHost: x\r\nX(y): z\r\n\r\n"},
      {"no Host", "GET /a HTTP/1.1\r\n\r\n"},
      {"an empty Host", "GET /a HTTP/1.1\r\nHost:\r\n\r\n"},
      {"two Hosts", "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
      {"two equal Hosts", "GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"},
      {"a Host with a path", "GET /a HTTP/1.1\r\nHost: x/y\r\n\r\n"},
      {"a Host with a user", "GET /a HTTP/1.1\r\nHost: u@x\r\n\r\n"},
      {"a list of Hosts", "GET /a HTTP/1.1\r\nHost: x, y\r\n\r\n"},
      {"an absolute target of another host", "GET http://y/a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an absolute target with a user", "GET http://u@x/a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an absolute target whose host ends at a #", "GET http://x#/pub?channel=a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an absolute target with a #", "GET http://x/a#b HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an absolute target of another scheme", "GET ftp://x/a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an absolute target without a host", "GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an authority as target", "GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n"},
      {"CONNECT with a path", "CONNECT /a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a target without a slash", "GET a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an asterisk for GET", "GET * HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"two spaces in the first line", "GET  /a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a tab in the first line", "GET\t/a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a space in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a space after the version", "GET /a HTTP/1.1 \r\nHost: x\r\n\r\n"},
      {"a space before the method", " GET /a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"no version", "GET /a\r\nHost: x\r\n\r\n"},
      {"another version", "GET /a HTTP/2.0\r\nHost: x\r\n\r\n"},
      {"a version of two digits", "GET /a HTTP/1.10\r\nHost: x\r\n\r\n"},
      {"a control byte in a value", "GET /a HTTP/1.1\r\nHost: x\r\nX: y\x01z\r\n\r\n"},
      {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"a version in lower case", "GET /a http/1.1\r\nHost: x\r\n\r\n"},
      {"a method that is no token", "G@T /a HTTP/1.1\r\nHost: x\r\n\r\n"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    Connection client = this->client();
    client.try_send(one.bytes + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    const Answer answer = client.read_answer();
    CHECK(answer.status == 400);
    CHECK(answer.header("Connection") == "close");
    CHECK(client.ends());
  }
  CHECK_FALSE(site.pending());
}

TEST_CASE_FIXTURE(ProxyTest, "chunks of requests: 400, the connection closed, and the site gets no end of the body") {
  const std::vector<Case> cases = {
      {"bare LF after an extension", "3;a=b\nabc\r\n0\r\n\r\n"},
      {"bare LF in an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"},
      {"bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"},
      {"NUL in an extension", "3;a\0b\r\nabc\r\n0\r\n\r\n"s},
      {"an extension with an open quote", "3;a=\"b\r\nabc\r\n0\r\n\r\n"},
      {"an extension with a line end in quotes", "3;a=\"\r\n\"\r\nabc\r\n0\r\n\r\n"},
      {"an extension that is too long", "3;" + std::string(256, 'x') + "\r\nabc\r\n0\r\n\r\n"},
      {"bare LF after an extension of the last chunk", "0;a\n\r\n"},
      {"something behind the size", "3 4\r\nabc\r\n0\r\n\r\n"},
      {"a vertical tab after the size", "3\v\r\nabc\r\n0\r\n\r\n"},
      {"a space before the size", " 3\r\nabc\r\n0\r\n\r\n"},
      {"a size with a sign", "+3\r\nabc\r\n0\r\n\r\n"},
      {"a negative size", "-3\r\nabc\r\n0\r\n\r\n"},
      {"a size with a prefix", "0x3\r\nabc\r\n0\r\n\r\n"},
      {"no size", "\r\nabc\r\n0\r\n\r\n"},
      {"too many digits", "00000000000000003\r\nabc\r\n0\r\n\r\n"},
      {"a size that overflows", "FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"},
      {"bare LF after the size", "3\nabc\r\n0\r\n\r\n"},
      {"bare LF after the bytes", "3\r\nabc\n0\r\n\r\n"},
      {"bare CR after the bytes", "3\r\nabc\r0\r\n\r\n"},
      {"longer than it says", "3\r\nabcd\r\n0\r\n\r\n"},
      {"bare LF at the end", "0\r\n\n"},
      {"NUL in a trailer", "0\r\nX: \0\r\n\r\n"s},
      {"a folded trailer", "0\r\nX: y\r\n z\r\n\r\n"},
      {"space before a trailer's colon", "0\r\nX : y\r\n\r\n"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    Connection client = this->client();
    client.try_send(chunked(one.bytes) + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    const Answer answer = client.read_answer();
    CHECK(answer.status == 400);
    CHECK(answer.header("Connection") == "close");
    CHECK(client.ends());
    // It was asked before the chunks were seen, or not at all.
    if (site.pending(std::chrono::milliseconds{20})) {
      const std::string seen = site.accept().read_to_end();
      CHECK_FALSE(contains(seen, "\r\n0\r\n\r\n"));
      CHECK_FALSE(contains(seen, "smuggled"));
    }
  }
}

TEST_CASE_FIXTURE(ProxyTest, "answers: 502, and the site's connection is closed") {
  const std::vector<Case> cases = {
      {"two lengths", said_with("Content-Length: 1\r\nContent-Length: 2\r\n", "ab")},
      {"two equal lengths", said_with("Content-Length: 1\r\nContent-Length: 1\r\n", "a")},
      {"a list of lengths", said_with("Content-Length: 1, 1\r\n", "a")},
      {"a length with a sign", said_with("Content-Length: +1\r\n", "a")},
      {"a negative length", said_with("Content-Length: -1\r\n", "a")},
      {"a length in hex", said_with("Content-Length: 0x1\r\n", "a")},
      {"an empty length", said_with("Content-Length:\r\n")},
      {"a length and chunks", said_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"chunked, identity", said_with("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")},
      {"identity", said_with("Transfer-Encoding: identity\r\n", "a")},
      {"gzip, chunked", said_with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
      {"two codings", said_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"a 1xx with a body", "HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\nabc" + answer_with("x")},
      {"a 1xx with chunks", "HTTP/1.1 103 Hints\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + answer_with("x")},
      {"a folded header, with LF", "HTTP/1.1 200 OK\nX: y\n z\n\n"},
      {"bare CR", said_with("X: y\rZ: z\r\n")},
      {"NUL", said_with("X: y\0z\r\n"s)},
      {"NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"s},
      {"bare CR at the end of a line", "HTTP/1.1 200 OK\r\r\n\r\n"},
      {"NUL in a name", said_with("X\0: y\r\n"s)},
      {"two lengths, one with a space before the colon", said_with("Content-Length : 1\r\nContent-Length: 1\r\n", "a")},
      {"a length behind a control byte", said_with("Content-Length: \v1\r\n", "a")},
      {"a coding behind a control byte", said_with("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n")},
      {"a name with a space", said_with("X Y: z\r\n")},
      {"a blank for a name", said_with(" : y\r\n")},
      {"a folded header", said_with("X: y\r\n z\r\n")},
      {"a header without a colon", said_with("nothing\r\n")},
      {"a header without a name", said_with(": y\r\n")},
      {"two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"},
      {"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"},
      {"a status of four", "HTTP/1.1 2000 OK\r\n\r\n"},
      {"a status with a sign", "HTTP/1.1 +20 OK\r\n\r\n"},
      {"another version", "HTTP/2.0 200 OK\r\n\r\n"},
      {"a version of two digits", "HTTP/1.10 200 OK\r\n\r\n"},
      {"an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    Connection client = this->client();
    client.ask("GET", "/");
    Connection behind = site.accept();
    read_request(behind);
    behind.try_send(one.bytes);
    CHECK(client.read_answer().status == 502);
    behind.read_to_end();
  }
}

TEST_CASE_FIXTURE(ProxyTest, "chunks of answers: the client's body breaks off") {
  for (const Case& one : std::vector<Case>{
           {"bare LF after an extension", "3;a=b\nabc\r\n0\r\n\r\n"},
           {"bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"},
           {"an extension with an open quote", "3;a=\"b\r\nabc\r\n0\r\n\r\n"},
           {"an extension that is too long", "3;" + std::string(256, 'x') + "\r\nabc\r\n0\r\n\r\n"},
           {"a space before the size", " 3\r\nabc\r\n0\r\n\r\n"},
           {"a size with a sign", "+3\r\nabc\r\n0\r\n\r\n"},
           {"too many digits", "00000000000000003\r\nabc\r\n0\r\n\r\n"},
           {"a size that overflows", "FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"},
           {"bare LF after the size", "3\nabc\r\n0\r\n\r\n"},
           {"bare LF after the bytes", "3\r\nabc\n0\r\n\r\n"},
           {"longer than it says", "3\r\nabcd\r\n0\r\n\r\n"},
           {"bare LF at the end", "0\r\n\n"},
       }) {
    CAPTURE(one.what);
    Connection client = this->client();
    client.ask("GET", "/");
    Connection behind = site.accept();
    read_request(behind);
    behind.try_send(said_with("Transfer-Encoding: chunked\r\n", "1\r\n-\r\n" + one.bytes));
    const std::string seen = client.read_to_end();
    CHECK_FALSE(seen.ends_with("0\r\n\r\n"));
    behind.read_to_end();
  }
}

TEST_CASE_FIXTURE(ProxyTest, "bytes behind an answer are nobody's: the next request has a connection of its own") {
  for (const std::string& said :
       {answer_with("a") + "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison!",
        "HTTP/1.1 304 Not Modified\r\n\r\npoison!"s, "HTTP/1.1 204 No Content\r\n\r\npoison"s}) {
    Connection client = this->client();
    client.ask("GET", "/");
    Connection behind = site.accept();
    read_request(behind);
    behind.send(said);
    const Answer answer = client.read_answer();
    CHECK_FALSE(contains(answer.body, "poison"));
    behind.read_to_end();
    client.ask("GET", "/next");
    behind = site.accept();
    read_request(behind);
    behind.send(answer_with("mine", "Connection: close\r\n"));
    CHECK(client.read_answer().body == "mine");
  }
}

TEST_SUITE_END();
