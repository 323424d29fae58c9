// Section 7 of the contract: how the server ends.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "admin_server.h"
#include "support/deadline.h"
#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"
#include "support/upstream.h"

using namespace martd::test;

TEST_SUITE_BEGIN("operating");

TEST_CASE("held polls are answered as after their wait when the server stops") {
  for (int signal : {SIGTERM, SIGINT}) {
    TestServer server({"--grace", "60s"});
    std::string a = server.publish("news", "a");
    HeldPoll plain(server.endpoint(), "news=" + a);
    HeldPoll conditional(server.endpoint(), "news=0", {{"If-None-Match", "\"" + a + "\""}});
    server.await_subscribers("news", 2);
    server.begin_to_stop(signal);

    Answer answer = plain.answer();
    CHECK(answer.status == 200);
    json::value expected = {{"channels", {{"news", {{"etag", a}, {"payload", json::array{}}}}}}};
    CHECK(answer.parsed() == expected);
    CHECK(cursor_in(answer) == a);
    CHECK(answer.header("Connection") == "close");
    CHECK(plain.connection().ends());

    Answer unchanged = conditional.answer();
    CHECK(unchanged.status == 304);
    CHECK(unchanged.header("Connection") == "close");
    CHECK(conditional.connection().ends());
  }
}

TEST_CASE("streams are told that the server stops, and to come back a little later") {
  TestServer server({"--grace", "60s"});
  EventStream events(server.endpoint(), "news=now&other=0");
  LineStream lines(server.endpoint(), "news=now");
  server.await_subscribers("news", 2);
  server.begin_to_stop();

  Event end = events.next();
  CHECK(end.type == "martd.closed");
  CHECK(json::parse(end.data) == json::value{{"reason", "stopping"}});
  CHECK(events.ends());
  REQUIRE(events.retry().has_value());
  CHECK(*events.retry() >= 1000);
  CHECK(*events.retry() <= 5000);

  CHECK(lines.next() == json::object{{"closed", "stopping"}});
  CHECK(lines.ends());
}

TEST_CASE("what was published before the server stops still reaches those who follow") {
  for (int round = 0; round < 10; ++round) {  // the signal races with the message, on every loop
    TestServer server;
    std::vector<EventStream> streams;
    std::vector<LineStream> lines;
    for (int i = 0; i < 4; ++i) {
      streams.emplace_back(server.endpoint(), "news=now");
      lines.emplace_back(server.endpoint(), "news=now");
    }
    HeldPoll poll(server.endpoint(), "news=now");
    server.await_subscribers("news", 9);
    Connection publisher(server.endpoint());
    publisher.ask("POST", "/pub?channel=news", {}, "a");
    CHECK(publisher.read_answer().status == 200);
    server.begin_to_stop();
    for (auto& stream : streams) CHECK(stream.next().data == "a");
    for (auto& line : lines) CHECK(line.next().contains("payload"));
    CHECK(told_in(poll.answer(), "news") == "a");
  }
}

TEST_CASE("clients that are sent away do not all come back in the same moment") {
  TestServer server;
  std::vector<EventStream> streams;
  for (int i = 0; i < 20; ++i) streams.emplace_back(server.endpoint(), "news=now");
  CHECK(server.stop() == 0);
  bool differ = false;
  for (auto& stream : streams) {
    CHECK(stream.next().type == "martd.closed");
    CHECK(stream.ends());
    differ = differ || stream.retry() != streams.front().retry();
  }
  CHECK(differ);
}

TEST_CASE("nothing new is accepted once the server has stopped") {
  TestServer server;
  Endpoint address = server.endpoint();
  CHECK(server.stop() == 0);
  CHECK_THROWS(Connection{address});
}

// A deployment that starts the new server beside the old one: for as long as the old one had a long download to finish,
// its sockets took connections that nobody would ever serve. They hung for the whole grace, and then were reset.
TEST_CASE("while it stops, who comes is refused at once, another can listen there, and readiness says so") {
  Upstream site;
  TestServer server({"--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--grace", "60s", "--upstream", site.url()});
  const Client admin = server.admin();
  CHECK(admin.get("/readyz").status == 200);
  Connection slow(server.endpoint());
  slow.ask("GET", "/long");
  Connection there = site.accept();
  read_request(there);

  server.begin_to_stop();
  await("it to be refused", [&] {
    try {
      Connection late(server.endpoint());
      return false;
    } catch (const std::exception&) {
      return true;
    }
  });
  CHECK(admin.get("/readyz").status == 503);
  CHECK(admin.get("/healthz").status == 200);
  {
    TestServer next({"--http", "127.0.0.1:" + std::to_string(server.endpoint().port)});
    CHECK(next.get("/").status == 200);
  }
  there.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK(slow.read_answer().body == "ok");
  CHECK(server.stop() == 0);
}

// The queue of the kernel is long, and a machine under load stops with clients in it. They had asked, and never heard.
TEST_CASE("who had connected by then, and was not accepted yet, is answered all the same") {
  TestServer server({"--http", "127.0.0.1:0", "--grace", "60s"});
  server.program().signal(SIGSTOP);
  std::vector<Connection> waiting;
  for (int i = 0; i < 50; ++i) {
    waiting.emplace_back(server.endpoint());
    waiting.back().ask("GET", "/sub?news=0&.wait=60s");
  }
  server.begin_to_stop();
  server.program().signal(SIGCONT);
  for (Connection& client : waiting) {
    const Answer answer = client.read_answer();
    const bool told = answer.status == 200 || answer.status == 503;
    CHECK(told);
    CHECK(answer.header("Connection") == "close");
    CHECK(client.ends());
  }
  CHECK(server.stop() == 0);
}

TEST_CASE("idle connections do not hold up the end") {
  TestServer server({"--grace", "60s"});
  std::vector<Connection> idle;
  for (int i = 0; i < 20; ++i) {
    idle.emplace_back(server.endpoint());
    if (i % 2 == 0) idle.back().ask("GET", "/nothing").read_answer();
  }
  CHECK(server.stop() == 0);
}

TEST_CASE("heads that are not whole do not hold up the end: the grace is for proxied requests") {
  TestServer server({"--grace", "60s", "--header-timeout", "60s"});
  std::vector<Connection> begun;
  for (int i = 0; i < 10; ++i) {
    begun.emplace_back(server.endpoint());
    if (i % 2 == 0) begun.back().ask("GET", "/nothing").read_answer();
    begun.back().send("GET /sub?news=0 HTTP/1.1\r\nHos");
  }
  CHECK(server.stop() == 0);
}

TEST_CASE("a client that doesn't read does not hold up the end for good") {
  TestServer server({"--grace", "1s"});
  EventStream stalled(server.endpoint(), "news=now", {}, {.from = "", .receive_buffer = 4096});
  for (int i = 0; i < 10; ++i) server.publish("news", std::string(1000 * 1000, 'x'));
  CHECK(server.stop() == 0);
}

// Where a thread is interrupted for a signal, which one is left to chance, and under the thread sanitizer, which puts
// handlers off, SIGTERM just after the start was now and then not acted on. So nobody is interrupted: the first thread
// reads them when it comes to it.
TEST_CASE("signals interrupt no thread, and the first acts on them") {
  AdminServer server({"--threads", "2"});
  server.stats();  // so that the admin listener has a thread that answers
  const auto blocked = [](const std::filesystem::path& task) {
    std::ifstream status(task / "status");
    for (std::string line; std::getline(status, line);)
      if (line.rfind("SigBlk:", 0) == 0) return std::stoull(line.substr(7), nullptr, 16);
    throw std::runtime_error("no SigBlk in " + task.string());
  };
  int threads = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(server.program().pid()) + "/task")) {
    CAPTURE(task.path().string());
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
      CAPTURE(signal);
      CHECK((blocked(task.path()) >> (signal - 1) & 1) == 1);
    }
    ++threads;
  }
  CHECK(threads >= 6);  // main, two loops, the admin listener's sampler, the one that accepts and the one that answers
}

TEST_CASE("a second signal ends the server at once") {
  TestServer server({"--grace", "60s"});
  EventStream stalled(server.endpoint(), "news=now", {}, {.from = "", .receive_buffer = 4096});
  for (int i = 0; i < 10; ++i) server.publish("news", std::string(1000 * 1000, 'x'));
  server.program().signal(SIGSTOP);  // so that both signals wait for it together
  server.begin_to_stop(SIGTERM);
  server.begin_to_stop(SIGINT);
  server.program().signal(SIGCONT);
  CHECK(server.stop() == 1);
}

TEST_SUITE_END();
