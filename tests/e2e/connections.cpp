// How connections are used: one after the other, many at once, old clients, and too many of them.

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "support/deadline.h"
#include "support/streams.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

std::string request(const std::string& method, const std::string& target, const std::string& body = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

}  // namespace

TEST_SUITE_BEGIN("connections");

TEST_CASE_FIXTURE(DefaultServer, "a connection is kept for the next request, errors and polls between") {
  Connection client(server.endpoint());
  for (int i = 0; i < 20; ++i) {
    CHECK(client.ask("POST", "/pub?channel=news", {}, std::to_string(i)).read_answer().status == 200);
    CHECK(client.ask("GET", "/sub?news=0").read_answer().status == 200);
    CHECK(client.ask("GET", "/nothing").read_answer().status == 404);
    CHECK(client.ask("POST", "/pub?channel=news&siez=1", {}, "a").read_answer().status == 400);
    CHECK(client.ask("GET", "/sub?news=now&.wait=0").read_answer().status == 200);
  }
}

TEST_CASE_FIXTURE(DefaultServer, "a client that asks for it gets its connection closed") {
  Connection client(server.endpoint());
  client.ask("GET", "/sub?news=0&.wait=0", {{"Connection", "close"}});
  Answer answer = client.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.header("Connection") == "close");
  CHECK(client.ends());
}

TEST_CASE_FIXTURE(DefaultServer, "requests that are sent at once are answered in their order") {
  Connection client(server.endpoint());
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += request("POST", "/pub?channel=news&size=100", std::to_string(i));
    all += request("GET", "/sub?news=0");
    all += request("GET", "/nothing/" + std::to_string(i));
  }
  client.send(all);
  std::string kept;
  for (int i = 0; i < 50; ++i) {
    kept += (i > 0 ? " " : "") + std::to_string(i);
    CHECK(client.read_answer().status == 200);
    CHECK(told_in(client.read_answer(), "news") == kept);
    CHECK(client.read_answer().status == 404);
  }
}

TEST_CASE_FIXTURE(DefaultServer, "a request behind a held poll waits for it") {
  Connection client(server.endpoint());
  client.send(request("GET", "/sub?news=now") + request("POST", "/pub?channel=other", "b"));
  server.await_subscribers("news", 1);
  CHECK_FALSE(client.readable());
  server.publish("news", "a");
  CHECK(told_in(client.read_answer(), "news") == "a");
  CHECK(client.read_answer().status == 200);
  CHECK(server.kept("other") == "b");
}

TEST_CASE_FIXTURE(DefaultServer, "a request that comes a byte at a time is answered as any other") {
  Connection client(server.endpoint());
  for (char byte : request("PUT", "/pub?channel=news", "hello")) client.send({&byte, 1});
  CHECK(client.read_answer().status == 200);
  CHECK(server.kept("news") == "hello");
}

TEST_CASE_FIXTURE(DefaultServer, "a client that has said all is still answered") {
  Connection client(server.endpoint());
  client.send(request("POST", "/pub?channel=news", "a") + request("GET", "/sub?news=0"));
  client.finish_sending();
  CHECK(client.read_answer().status == 200);
  CHECK(told_in(client.read_answer(), "news") == "a");
  CHECK(client.ends());
}

TEST_CASE_FIXTURE(DefaultServer, "a client that waits to be told to go on is told, and its payload taken") {
  Connection client(server.endpoint());
  client.ask("POST", "/pub?channel=news", {{"Expect", "100-continue"}, {"Content-Length", "5"}});
  CHECK(client.read_until("\r\n\r\n").rfind("HTTP/1.1 100 ", 0) == 0);
  client.send("hello");
  CHECK(client.read_answer().status == 200);
  CHECK(server.kept("news") == "hello");
}

TEST_CASE_FIXTURE(DefaultServer, "an HTTP/1.0 client is answered and its connection closed") {
  Connection client(server.endpoint());
  client.send("POST /pub?channel=news HTTP/1.0\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
  CHECK(client.read_answer().status == 200);
  CHECK(client.ends());
  Connection poll(server.endpoint());
  poll.send("GET /sub?news=0 HTTP/1.0\r\nHost: x\r\n\r\n");
  Answer answer = poll.read_answer();
  CHECK(told_in(answer, "news") == "a");
  CHECK_FALSE(answer.has("Transfer-Encoding"));
  CHECK(poll.ends());
}

TEST_CASE_FIXTURE(DefaultServer, "an HTTP/1.0 client can follow an event stream") {
  server.publish("news", "a");
  Connection client(server.endpoint());
  client.send("GET /sub?news=0 HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
  Answer head = client.read_head();
  CHECK(head.status == 200);
  CHECK_FALSE(head.has("Transfer-Encoding"));
  CHECK(client.read_until("\n") == "retry: 2000\n");
  EventStreamParser parser;
  parser.feed(client.read_until("\n\n"));
  REQUIRE(parser.events.size() == 1);
  CHECK(parser.events[0].data == "a");
  // What others get in chunks, it gets without.
  EventStream young(server.endpoint(), "news=now");
  std::string etag = server.publish("news", "b");
  CHECK(client.read_until("\n\n") == "id: " + etag + "\ndata: b\n\n");
  CHECK(young.next() == Event{"message", "b", etag});
}

TEST_CASE("over the limit of connections streams are told to come back, and polls that they cannot be served") {
  TestServer server({"--max-connections", "4"});
  std::vector<EventStream> held;
  for (int i = 0; i < 4; ++i) held.emplace_back(server.endpoint(), "news=now");

  Answer stream = server.get("/sub?news=now", {{"Accept", "text/event-stream"}});
  CHECK(stream.status == 200);
  CHECK(stream.header("Content-Type").rfind("text/event-stream", 0) == 0);
  EventStreamParser parser;
  parser.feed(stream.body);
  REQUIRE(parser.retry.has_value());
  CHECK(*parser.retry > 0);
  for (auto& headers : {Headers{}, Headers{{"Accept", "application/x-ndjson"}}}) {
    Answer answer = server.get("/sub?news=now", headers);
    CHECK(answer.status == 503);
    CHECK(std::stoi(answer.header("Retry-After")) > 0);
    answer.error();
  }

  held.pop_back();
  await("a free connection", [&] { return server.push("channel=news", "a").status == 200; });
  for (auto& client : held) CHECK(client.next().data == "a");
}

TEST_CASE("connections that the operator's listener has do not count") {
  TestServer server({"--max-connections", "1", "--admin", "localhost:0"});
  EventStream held(server.endpoint(), "news=now");
  CHECK(server.admin().get("/healthz").status == 200);
  CHECK(server.get("/sub?news=now&.wait=0").status == 503);
}

TEST_CASE("where the system opens no more files, those who are there are served, and others when there is room") {
  TestServer server;
  Connection publisher(server.endpoint());
  std::vector<EventStream> held;
  for (int i = 0; i < 10; ++i) held.emplace_back(server.endpoint(), "news=now");
  pid_t process = server.program().pid();
  std::filesystem::directory_iterator open_files("/proc/" + std::to_string(process) + "/fd");
  auto allowed = static_cast<rlim_t>(std::distance(begin(open_files), end(open_files)));
  rlimit limit{allowed, allowed};
  REQUIRE(::prlimit(process, RLIMIT_NOFILE, &limit, nullptr) == 0);

  std::vector<HeldPoll> waiting;
  for (int i = 0; i < 20; ++i) waiting.emplace_back(server.endpoint(), "other=0");
  for (int i = 0; i < 20; ++i) {
    CHECK(publisher.ask("POST", "/pub?channel=news", {}, "a").read_answer().status == 200);
    for (auto& stream : held) CHECK(stream.next().data == "a");
  }
  CHECK(publisher.ask("POST", "/pub?channel=other", {}, "b").read_answer().status == 200);
  held.clear();
  for (auto& poll : waiting) {
    CHECK(told_in(poll.answer(), "other") == "b");
    poll.connection().close();
  }
}

TEST_CASE_FIXTURE(DefaultServer, "hundreds of connections that come and go leave nothing behind") {
  for (int round = 0; round < 3; ++round) {
    std::vector<EventStream> held;
    for (int i = 0; i < 100; ++i) held.emplace_back(server.endpoint(), "news=now");
    CHECK(server.push("channel=news", "a").object().at("subscribers") == 100);
    for (auto& client : held) CHECK(client.next().data == "a");
    held.clear();
    server.await_subscribers("news", 0);
  }
}

TEST_SUITE_END();
