#include "admin/inner_request.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

/// The public side's end, played by the test.
struct Ends {
  Ends() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    there = ends[0];
    here = ends[1];
  }
  ~Ends() { end(); }
  void end() {
    if (there >= 0) ::close(there);
    there = -1;
  }
  void say(std::string_view text) const {
    REQUIRE(::send(there, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  std::string heard() const {
    char bytes[4096];
    const ssize_t got = ::recv(there, bytes, sizeof bytes, 0);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : "";
  }
  int there;
  int here;
};

TEST_CASE("inner request: sent as a client does, answered with a length") {
  Ends ends;
  InnerRequest inner(ends.here);
  CHECK(inner.send("POST", "/pub?channel=a", {{"If-Match", "\"1\""}}, "hello", 5s));
  CHECK(ends.heard() ==
        "POST /pub?channel=a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nIf-Match: \"1\"\r\n"
        "Content-Length: 5\r\n\r\nhello");
  ends.say("HTTP/1.1 412 Precondition Failed\r\nContent-Type: application/json\r\nContent-Le");
  ends.say("ngth: 7\r\n\r\n{\"a\"");
  const auto head = inner.read_head(5s);
  REQUIRE(head);
  CHECK(head->status == 412);
  CHECK(head->header("content-type") == "application/json");
  CHECK(head->header("etag").empty());
  ends.say(":1}and what isn't its own");
  std::string body;
  CHECK(inner.read_all(body, 5s));
  CHECK(body == "{\"a\":1}");
}

TEST_CASE("inner request: a stream comes piece by piece until its end") {
  Ends ends;
  InnerRequest inner(ends.here);
  ends.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 2000\n");
  REQUIRE(inner.read_head(5s));
  std::string text;
  CHECK(inner.read(text, 5s) == InnerRequest::Read::some);
  CHECK(text == "retry: 2000\n");
  CHECK(inner.read(text, 0s) == InnerRequest::Read::nothing);
  ends.say("data: a\n\n");
  CHECK(inner.read(text, 5s) == InnerRequest::Read::some);
  CHECK(text == "retry: 2000\ndata: a\n\n");
  ends.end();
  CHECK(inner.read(text, 5s) == InnerRequest::Read::end);
}

// A stream's sizes of chunks were shown to the operator as if they were its lines.
TEST_CASE("inner request: what comes in chunks is given without them, however it is cut") {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\nretry: 2000\n\r\n9\r\ndata: a\n\n\r\n0\r\n\r\n";
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    Ends ends;
    InnerRequest inner(ends.here);
    ends.say(whole.substr(0, cut));
    std::thread rest([&] { ends.say(whole.substr(cut)); });
    REQUIRE(inner.read_head(5s));
    std::string text;
    CHECK(inner.read_all(text, 5s));
    CHECK(text == "retry: 2000\ndata: a\n\n");
    CHECK(inner.read(text, 5s) == InnerRequest::Read::end);
    rest.join();
  }
}

TEST_CASE("inner request: no answer, half an answer, no HTTP: nothing, and not for ever") {
  SUBCASE("none in time") {
    Ends ends;
    InnerRequest inner(ends.here);
    CHECK_FALSE(inner.read_head(10ms));
  }
  SUBCASE("closed") {
    Ends ends;
    InnerRequest inner(ends.here);
    ends.say("HTTP/1.1 200 OK\r\n");
    ends.end();
    CHECK_FALSE(inner.read_head(5s));
  }
  SUBCASE("something else") {
    Ends ends;
    InnerRequest inner(ends.here);
    ends.say("SSH-2.0-x\r\n\r\n");
    CHECK_FALSE(inner.read_head(5s));
  }
  SUBCASE("a body that breaks off") {
    Ends ends;
    InnerRequest inner(ends.here);
    ends.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    ends.end();
    REQUIRE(inner.read_head(5s));
    std::string body;
    CHECK_FALSE(inner.read_all(body, 5s));
  }
  SUBCASE("chunks that break off") {
    Ends ends;
    InnerRequest inner(ends.here);
    ends.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    ends.end();
    REQUIRE(inner.read_head(5s));
    std::string body;
    CHECK_FALSE(inner.read_all(body, 5s));
    CHECK(body == "abc");
  }
  SUBCASE("nobody takes the request") {
    Ends ends;
    InnerRequest inner(ends.here);
    CHECK_FALSE(inner.send("POST", "/pub", {}, std::string(4 << 20, 'x'), 10ms));
  }
}

// A poll that came in while the event loops were already ending had no answer to wait for, and waited a minute for it.
TEST_CASE("inner requests: cut, they end with what has come") {
  Ends answered, silent, late;
  InnerRequests all;
  const auto first = all.begin(answered.here);
  const auto second = all.begin(silent.here);
  answered.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
  std::thread waiting([&] { CHECK_FALSE(second->read_head(std::chrono::hours{1})); });
  all.cut();
  waiting.join();
  std::string body;
  CHECK(first->read_head(5s));
  CHECK(first->read_all(body, 5s));
  CHECK(body == "a");
  CHECK_FALSE(all.begin(late.here)->read_head(std::chrono::hours{1}));
}

}  // namespace
}  // namespace martd::admin
