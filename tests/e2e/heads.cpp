// Section 6 of the contract, its rules for every request: what two parsers could read differently, limits and
// deadlines.

#include <doctest/doctest.h>

#include <string>

#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;
using namespace std::string_literals;

namespace {

/// What the bytes are answered; checks that the connection is closed after it.
int answered_and_closed(const Client& server, const std::string& bytes) {
  Connection client(server.endpoint());
  client.try_send(bytes);
  Answer answer = client.read_answer();
  CHECK(client.ends());
  CHECK(answer.header("Connection") == "close");
  if (answer.status >= 400) answer.error();
  return answer.status;
}

std::string push_with(const std::string& headers, const std::string& body = "a") {
  return "POST /pub?channel=news HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}

/// A request whose target has so many bytes, for a path that isn't there.
std::string with_target(std::size_t bytes) {
  std::string target = "/nothing?";
  target.resize(bytes, 'a');
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
}

std::string with_headers(std::size_t bytes) {
  std::string headers;
  for (int i = 0; headers.size() < bytes; ++i)
    headers += "X-" + std::to_string(i) + ": " + std::string(1000, 'h') + "\r\n";
  return "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n";
}

}  // namespace

TEST_SUITE_BEGIN("connections");

TEST_CASE_FIXTURE(DefaultServer,
                  "a request that two parsers could read differently is refused and its connection closed") {
  std::pair<const char*, std::string> requests[] = {
      {"two lengths", push_with("Content-Length: 1\r\nContent-Length: 2\r\n")},
      {"two equal lengths", push_with("Content-Length: 1\r\nContent-Length: 1\r\n")},
      {"a list of lengths", push_with("Content-Length: 1, 1\r\n")},
      {"a signed length", push_with("Content-Length: +1\r\n")},
      {"a negative length", push_with("Content-Length: -1\r\n")},
      {"a length that is no number", push_with("Content-Length: 1a\r\n")},
      {"an empty length", push_with("Content-Length:\r\n")},
      {"a length that is too large for any", push_with("Content-Length: 18446744073709551617\r\n")},
      {"a length and chunks", push_with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n")},
      {"an unknown coding", push_with("Transfer-Encoding: gzip, chunked\r\n", "1\r\na\r\n0\r\n\r\n")},
      {"no coding at all", push_with("Transfer-Encoding: identity\r\n")},
      {"chunks in chunks", push_with("Transfer-Encoding: chunked, chunked\r\n", "1\r\na\r\n0\r\n\r\n")},
      {"two codings",
       push_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "1\r\na\r\n0\r\n\r\n")},
      {"a coding of its own spelling", push_with("Transfer-Encoding: xchunked\r\n", "1\r\na\r\n0\r\n\r\n")},
      {"a space before the colon", push_with("Content-Length : 1\r\n")},
      {"a folded header", push_with("X-Folded: a\r\n b\r\nContent-Length: 1\r\n")},
      {"a header that begins with a fold", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"},
      {"a bare LF after a header", "GET / HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n"},
      {"bare LFs everywhere", "GET / HTTP/1.1\nHost: x\n\n"},
      {"a bare LF after the first line", "GET / HTTP/1.1\nHost: x\r\n\r\n"},
      {"a bare CR in a header", "GET / HTTP/1.1\r\nHost: x\r\nX-A: b\rc\r\n\r\n"},
      {"a NUL in a header", "GET / HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n\r\n"s},
      {"no Host", "GET / HTTP/1.1\r\n\r\n"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
      {"two equal Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"},
      {"chunks in HTTP/1.0",
       "POST /pub?channel=news HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"},
      {"a header without a colon", "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"},
      {"a header without a name", "GET / HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n"},
      {"a first line without a version", "GET /\r\nHost: x\r\n\r\n"},
      {"two spaces in the first line", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"what is not HTTP", "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 hello\r\n\r\n"},
  };
  for (auto& one : requests) {
    auto& what = one.first;
    auto& request = one.second;
    CAPTURE(what);
    CHECK(answered_and_closed(server, request) == 400);
  }
  CHECK(server.inspection("news").status == 404);
}

TEST_CASE_FIXTURE(DefaultServer, "chunks that are not as they say are refused and the push with them") {
  for (std::string body :
       {"x\r\na\r\n0\r\n\r\n", "2\r\nabc\r\n0\r\n\r\n", "-1\r\na\r\n0\r\n\r\n", "ffffffffffffffffff\r\na\r\n0\r\n\r\n",
        "\r\na\r\n0\r\n\r\n", "1;a\nb\r\na\r\n0\r\n\r\n", "1\na\r\n0\r\n\r\n"}) {
    CAPTURE(body);
    int status = answered_and_closed(server, push_with("Transfer-Encoding: chunked\r\n", body));
    CHECK((status == 400 || status == 413));
  }
  CHECK(server.inspection("news").status == 404);
}

TEST_CASE_FIXTURE(DefaultServer, "chunks are read, with their trailers") {
  Connection client(server.endpoint());
  client.send(push_with("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: t\r\n\r\n"));
  CHECK(client.read_answer().status == 200);
  CHECK(server.kept("news") == "abc0123456789");
  client.send(push_with("Transfer-Encoding: chunked\r\n", "3 ; a=\"b\"\r\nabc\r\n0;end\r\n\r\n"));
  CHECK(client.read_answer().status == 200);
}

TEST_CASE_FIXTURE(DefaultServer, "a target over 16 KiB is refused") {
  CHECK(answered_and_closed(server, with_target(16 * 1024)) == 404);
  CHECK(answered_and_closed(server, with_target(16 * 1024 + 1)) == 414);
  CHECK(answered_and_closed(server, with_target(40 * 1024)) == 414);
}

TEST_CASE_FIXTURE(DefaultServer, "headers over 64 KiB in all are refused") {
  CHECK(answered_and_closed(server, with_headers(60 * 1024)) == 404);
  CHECK(answered_and_closed(server, with_headers(70 * 1024)) == 431);
}

TEST_CASE_FIXTURE(DefaultServer, "a head that goes on and on is refused before its end") {
  Connection target(server.endpoint());
  target.try_send("GET /" + std::string(200 * 1024, 'a'));
  CHECK(target.read_answer().status == 414);
  CHECK(target.ends());
  Connection header(server.endpoint());
  header.try_send("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(200 * 1024, 'a'));
  CHECK(header.read_answer().status == 431);
  CHECK(header.ends());
}

TEST_CASE("a head that is not whole in time is answered and the connection closed") {
  TestServer server({"--header-timeout", "300ms"});
  for (std::string begun : {"G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n", "POST /pub?chan"}) {
    CAPTURE(begun);
    CHECK(answered_and_closed(server, begun) == 408);
  }
  Connection second(server.endpoint());
  second.ask("GET", "/nothing");
  CHECK(second.read_answer().status == 404);
  second.send("GET /noth");
  CHECK(second.read_answer().status == 408);
  CHECK(second.ends());
}

TEST_CASE("a poll that is held longer than a head may take is not cut") {
  TestServer server({"--header-timeout", "200ms"});
  EventStream stream(server.endpoint(), "news=now");
  Answer answer = server.poll("news=now&.wait=1");
  CHECK(answer.status == 200);
  server.publish("news", "a");
  CHECK(stream.next().data == "a");
}

TEST_SUITE_END();
