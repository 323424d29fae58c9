// What goes wrong on one side is told to the other, at once and in the right way.

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "proxy.h"
#include "support/deadline.h"

using namespace martd::test;

namespace {

/// What a client gets when the site says that and then ends the connection (`reset`: with a reset).
struct Broken {
  std::string bytes;
  bool reset = false;
};
Broken broken(ProxyTest& test, const std::string& said, bool reset, const char* version = "1.1") {
  Connection client = test.client();
  client.send(std::string("GET / HTTP/") + version + "\r\nHost: x\r\n\r\n");
  Connection behind = test.site.accept();
  read_request(behind);
  behind.send(said);
  Broken got;
  // What was said has arrived before the connection breaks: a reset may overtake what wasn't read yet.
  if (contains(said, " 200 ")) got.bytes = client.read_until("abc");
  if (reset)
    behind.abort();
  else
    behind.close();
  got.bytes += client.read_to_end();
  got.reset = client.is_reset();
  return got;
}

Answer with_rubbish(ProxyTest& test, const std::string& said) {
  Connection client = test.client();
  client.ask("GET", "/");
  Connection behind = test.site.accept();
  read_request(behind);
  behind.send(said);
  const Answer answer = client.read_answer();
  CHECK(behind.ends());
  return answer;
}

/// Sends until nothing more is taken for a while: everything between is full.
void fill(Connection& to) {
  const std::string piece(1 << 16, 'x');
  for (Deadline deadline(std::chrono::milliseconds{300}); !deadline.passed();) {
    if (to.send_some(piece) > 0)
      deadline = Deadline(std::chrono::milliseconds{300});
    else
      ::poll(nullptr, 0, 1);
  }
}

/// How many descriptors the server has.
std::ptrdiff_t open_files(TestServer& server) {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(server.program().pid()) + "/fd");
  return std::distance(begin(files), end(files));
}

}  // namespace

TEST_SUITE_BEGIN("proxy faults");

TEST_CASE_FIXTURE(ProxyTest, "a site that isn't there: 502, as JSON or as a page that comes back by itself") {
  site.go_away();
  const Answer json = server.get("/a");
  CHECK(json.status == 502);
  CHECK(contains(json.error(), "can't be reached"));
  CHECK(json.header("Retry-After") == "2");
  const Answer page = server.get("/a", {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}});
  CHECK(page.status == 502);
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(contains(page.body, "<script>"));
  CHECK(server.send({"POST", "/a", {{"Accept", "text/html"}}, "x"}).header("Content-Type") == "application/json");
  Connection client = this->client();
  client.ask("HEAD", "/");
  CHECK(client.read_answer(true).status == 502);
  site.come_back();
  client.ask("GET", "/");  // the connection stayed, and the site is found again
  Connection behind = site.accept();
  read_request(behind);
  behind.send(answer_with("back"));
  CHECK(client.read_answer().body == "back");
}

TEST_CASE("a name without an address: 502") {
  TestServer server({"http://does-not-exist.invalid:80"});
  const Answer answer = server.get("/");
  // Where nobody answers for names, the time-out may come first.
  CHECK((answer.status == 502 || answer.status == 504));
  answer.error();
}

TEST_CASE_FIXTURE(ProxyTest, "an answer that breaks off midway never ends tidily") {
  const std::string by_length = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
  const std::string in_chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
  const std::string to_the_end = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc";
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    Broken got = broken(*this, by_length, reset);
    CHECK(got.bytes.ends_with("\r\n\r\nabc"));  // less than it said
    got = broken(*this, in_chunks, reset);
    CHECK(got.bytes.ends_with("3\r\nabc\r\n"));  // without the last chunk
    got = broken(*this, in_chunks, reset, "1.0");
    CHECK(got.bytes.ends_with("\r\n\r\nabc"));
    CHECK(got.reset);  // else it would look whole
    got = broken(*this, by_length, reset, "1.0");
    CHECK(got.bytes.ends_with("\r\n\r\nabc"));
  }
  CHECK(broken(*this, to_the_end, true).bytes.ends_with("3\r\nabc\r\n"));
  CHECK(broken(*this, to_the_end, true, "1.0").reset);
  const Broken whole = broken(*this, to_the_end, false, "1.0");
  CHECK(whole.bytes.ends_with("\r\n\r\nabc"));
  CHECK_FALSE(whole.reset);
}

// `nc` and old clients end their side once they have asked. They count as gone, and got the beginning of a page and an
// orderly end behind it, which in HTTP/1.0 is a whole page.
TEST_CASE_FIXTURE(ProxyTest,
                  "an answer that is left because its client has ended its side doesn't end tidily, either") {
  Connection client = this->client();
  client.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
  Connection behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.read_until("abc");
  client.finish_sending();
  CHECK(client.is_reset());
}

TEST_CASE_FIXTURE(ProxyTest, "a connection that ends before the answer: 502") {
  for (const bool reset : {false, true}) {
    for (const std::string said :
         {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nX: y\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"}) {
      CAPTURE(said);
      Connection client = this->client();
      client.ask("GET", "/");
      Connection behind = site.accept();
      read_request(behind);
      behind.send(said);
      if (said.ends_with("\r\n\r\n")) client.read_head();
      reset ? behind.abort() : behind.close();
      const Answer answer = client.read_answer();
      CHECK(answer.status == 502);
      CHECK(contains(answer.error(), "ended the connection"));
    }
  }
}

TEST_CASE("silence: 504, for the connection and for the answer") {
  Upstream site;
  TestServer server({site.url(), "--upstream-timeout", "200ms"});
  Connection client(server.endpoint());
  client.ask("GET", "/");
  Connection behind = site.accept();
  read_request(behind);
  const Answer answer = client.read_answer();
  CHECK(answer.status == 504);
  CHECK(contains(answer.error(), "--upstream-timeout"));
  CHECK(behind.ends());

  // Part of a head is no answer yet.
  client.ask("GET", "/");
  behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nX: ");
  CHECK(client.read_answer().status == 504);
}

TEST_CASE("a client that is slow with its body is not the site's silence") {
  Upstream site;
  TestServer server({site.url(), "--upstream-timeout", "100ms"});
  Connection client(server.endpoint());
  client.ask("POST", "/", {{"Content-Length", "2"}});
  Connection behind = site.accept();
  read_request_head(behind);
  client.send("a");
  CHECK(behind.read_exactly(1) == "a");
  CHECK_FALSE(client.readable(std::chrono::milliseconds{400}));
  client.send("b");
  CHECK(behind.read_exactly(1) == "b");
  CHECK(client.read_answer().status == 504);  // now it is
}

TEST_CASE("an https site that never shakes hands: 504 after --upstream-connect-timeout") {
  Upstream site;
  TestServer server({"https://" + site.authority(), "--upstream-connect-timeout", "200ms"});
  Connection client(server.endpoint());
  client.ask("GET", "/");
  Connection behind = site.accept();
  const Answer answer = client.read_answer();
  CHECK(answer.status == 504);
  CHECK(contains(answer.error(), "--upstream-connect-timeout"));
  behind.read_to_end();
}

TEST_CASE_FIXTURE(ProxyTest, "rubbish from the site: 502 at once, and its connection is closed") {
  for (const std::string said :
       {"SSH-2.0-OpenSSH_9.2\r\n", "hello", "\x15\x03\x01", "HTTP/2 200 OK\r\n\r\n", "<html>"}) {
    CAPTURE(said);
    const Answer answer = with_rubbish(*this, said);
    CHECK(answer.status == 502);
    CHECK(contains(answer.error(), "can't be read"));
  }
  CHECK(with_rubbish(*this, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").status == 502);
}

TEST_CASE_FIXTURE(ProxyTest, "too much header, or too many interim answers, from the site: 502") {
  Connection client = this->client();
  client.ask("GET", "/");
  Connection behind = site.accept();
  read_request(behind);
  behind.try_send("HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x'));
  CHECK(client.read_answer().status == 502);

  client.ask("GET", "/");
  behind = site.accept();
  read_request(behind);
  for (int i = 0; i < 200; ++i) behind.try_send("HTTP/1.1 102 Processing\r\n\r\n");
  CHECK(client.read_answer().status == 502);

  client.ask("GET", "/");  // just within the limit
  behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + std::string(65000, 'x') + "\r\n\r\n");
  CHECK(client.read_answer().header("X").size() == 65000);
}

TEST_CASE_FIXTURE(ProxyTest, "an answer before the body is whole: the client gets it, and the rest is not awaited") {
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    Connection client = this->client();
    client.ask("POST", "/", {{"Content-Length", "100000000"}});
    client.send("some of it");
    Connection behind = site.accept();
    read_request_head(behind);
    behind.read_exactly(10);
    behind.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
    if (reset) {
      client.read_until("big");
      behind.abort();
      client.read_to_end();
      continue;
    }
    const Answer answer = client.read_answer();
    CHECK(answer.status == 413);
    CHECK(answer.body == "big");
    client.try_send(std::string(1 << 20, 'x'));  // it may go on for a while without losing the answer
    client.finish_sending();
    client.read_to_end();
  }
}

TEST_CASE_FIXTURE(ProxyTest, "an answer isn't lost when the site closes without reading the body") {
  // The server finds both at once: that it can write no more, and what the site said before. It used to close at the
  // first, with the answer unread.
  Connection client = this->client();
  client.ask("POST", "/", {{"Content-Length", "1000000000"}});
  Connection behind = site.accept();
  read_request_head(behind);
  fill(client);
  server.program().signal(SIGSTOP);
  behind.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  behind.close();
  server.program().signal(SIGCONT);
  const Answer answer = client.read_answer();
  CHECK(answer.status == 401);
  CHECK(answer.body == "no");
}

TEST_CASE_FIXTURE(ProxyTest, "a client that goes away: the site is told at once") {
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    const auto leave = [&](Connection& client) { reset ? client.abort() : client.close(); };
    {
      Connection client = this->client();
      client.ask("GET", "/before-the-answer");
      Connection behind = site.accept();
      read_request(behind);
      leave(client);
      CHECK(behind.ends());
    }
    {
      Connection client = this->client();
      client.ask("GET", "/in-the-answer");
      Connection behind = site.accept();
      read_request(behind);
      behind.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n");
      client.read_until("data: a");
      leave(client);
      CHECK(behind.ends());
    }
    {
      Connection client = this->client();
      client.ask("POST", "/in-the-body", {{"Content-Length", "100"}}).send("abc");
      Connection behind = site.accept();
      read_request_head(behind);
      leave(client);
      CHECK(behind.read_to_end() == "abc");
    }
  }
}

TEST_CASE_FIXTURE(ProxyTest, "a client that resets while the site doesn't read its body is noticed at once") {
  // Nobody reads from the client then, so no read finds out: its connection and the site's used to stay.
  const auto before = open_files(server);
  Connection client = this->client();
  client.ask("POST", "/", {{"Content-Length", "1000000000"}});
  Connection behind = site.accept();
  read_request_head(behind);
  fill(client);
  CHECK(open_files(server) == before + 2);
  client.abort();
  await("the server lets go of both connections", [&] { return open_files(server) == before; });
}

TEST_CASE_FIXTURE(ProxyTest, "a body whose chunks are wrong: 400, and the site's connection is broken off") {
  Connection client = this->client();
  client.ask("POST", "/", {{"Transfer-Encoding", "chunked"}}).send("3\r\nabc\r\n");
  Connection behind = site.accept();
  read_request_head(behind);
  CHECK(behind.read_exactly(8) == "3\r\nabc\r\n");
  client.send("3;x\ny\r\nabc\r\n");
  CHECK(client.read_answer().status == 400);
  CHECK(client.ends());
  CHECK(behind.ends());  // without the last chunk
}

TEST_CASE_FIXTURE(ProxyTest,
                  "a kept connection that the site has closed is noticed, or asked again where that is safe") {
  Connection client = this->client();
  client.ask("GET", "/");
  Connection behind = site.accept();
  read_request(behind);
  behind.send(answer_with("1"));
  client.read_answer();
  behind.close();
  client.ask("GET", "/");
  behind = site.accept();
  read_request(behind);
  behind.send(answer_with("2"));
  CHECK(client.read_answer().body == "2");

  // It closes when it has been asked: once more, on a connection of its own, and then no more.
  client.ask("GET", "/3");
  CHECK(read_request(behind).line == "GET /3 HTTP/1.1");
  behind.close();
  behind = site.accept();
  CHECK(read_request(behind).line == "GET /3 HTTP/1.1");
  behind.close();
  CHECK(client.read_answer().status == 502);

  client.ask("GET", "/4");
  behind = site.accept();
  read_request(behind);
  behind.send(answer_with("4"));
  client.read_answer();
  client.ask("POST", "/5", {}, "once");
  CHECK(read_request(behind).body == "once");
  behind.close();
  CHECK(client.read_answer().status == 502);
  CHECK_FALSE(site.pending());
}

TEST_CASE("no descriptor left for a connection to the site: 503, and all is well when there is one again") {
  Upstream site;
  TestServer server({site.url(), "--threads", "1"});
  Connection client(server.endpoint());
  client.ask("GET", "/client.js");
  CHECK(client.read_answer().status == 200);
  rlimit before{};
  REQUIRE(::prlimit(server.program().pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit none{3, before.rlim_max};
  REQUIRE(::prlimit(server.program().pid(), RLIMIT_NOFILE, &none, nullptr) == 0);
  client.ask("GET", "/");
  const Answer answer = client.read_answer();
  CHECK(answer.status == 503);
  answer.error();
  REQUIRE(::prlimit(server.program().pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
  client.ask("GET", "/");
  Connection behind = site.accept();
  read_request(behind);
  behind.send(answer_with("well"));
  CHECK(client.read_answer().body == "well");
}

TEST_CASE_FIXTURE(ProxyTest, "stopping: requests that are under way finish, tunnels and event streams end at once") {
  Connection asking = this->client();
  asking.ask("GET", "/asking");
  Connection first = site.accept();
  read_request(first);
  Connection answering = this->client();
  answering.ask("GET", "/answering");
  Connection second = site.accept();
  read_request(second);
  second.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  answering.read_until("abc");
  Connection streaming = this->client();
  streaming.ask("GET", "/events");
  Connection third = site.accept();
  read_request(third);
  third.send("HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\n");
  streaming.read_head();
  Connection tunnelled = this->client();
  tunnelled.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  Connection fourth = site.accept();
  read_request(fourth);
  fourth.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  tunnelled.read_until("\r\n\r\n");

  server.begin_to_stop();
  CHECK(streaming.ends());
  CHECK(third.ends());
  CHECK(tunnelled.ends());
  CHECK(fourth.ends());
  first.send(answer_with("whole"));
  const Answer answer = asking.read_answer();
  CHECK(answer.body == "whole");
  CHECK(answer.header("Connection") == "close");
  CHECK(asking.ends());
  second.send("def");
  CHECK(answering.read_exactly(3) == "def");
  CHECK(answering.ends());
  CHECK(server.stop() == 0);
}

TEST_CASE("an answer that outlasts --grace is broken off, and doesn't look whole") {
  Upstream site;
  TestServer server({site.url(), "--grace", "100ms"});
  Connection client(server.endpoint());
  client.send("GET / HTTP/1.0\r\nHost: x\r\n\r\n");
  Connection behind = site.accept();
  read_request(behind);
  behind.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
  client.read_until("abc");
  server.begin_to_stop();
  CHECK(client.is_reset());
  CHECK(server.stop() == 0);
}

TEST_SUITE_END();
