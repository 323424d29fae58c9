// What anybody may send: requests for other names, bodies that nobody wants, connections that read nothing.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/deadline.h"
#include "support/program.h"
#include "support/streams.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"
#include "support/upstream.h"

using namespace martd::test;

namespace {

std::string head_of(const std::string& target, std::size_t length, const std::string& headers = {}) {
  return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: " + std::to_string(length) +
         "\r\n\r\n";
}

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

}  // namespace

TEST_SUITE_BEGIN("strangers");

TEST_CASE_FIXTURE(DefaultServer,
                  "a page whose name was pointed at this machine reads what anybody may, and pushes nothing") {
  server.publish("news", "a");
  const std::string host = "evil.example:" + std::to_string(server.endpoint().port);
  const Headers page{{"Host", host}, {"Origin", "http://" + host}};
  for (const std::string method : {"POST", "PUT", "DELETE", "GET"})
    CHECK(server.send({method, "/pub?channel=news", page, ""}).status == 403);
  CHECK(server.get("/sub?news=0&.wait=0", page).status == 200);
  CHECK(server.kept("news") == "a");
}

TEST_CASE("with --host requests for any other name are told so, until a reload takes it") {
  TempFile file("host = [\"push.example\"]\n");
  TestServer server({"--config", file.path()});
  const auto status = [&](const std::string& host) { return server.get("/sub?a=0&.wait=0", {{"Host", host}}).status; };
  CHECK(status("evil.example") == 421);
  CHECK(status("push.example") == 200);
  CHECK(status("Push.Example.:8443") == 200);
  CHECK(status("localhost") == 200);
  CHECK(status("127.0.0.1") == 200);
  const Answer told = server.get("/", {{"Host", "evil.example"}});
  CHECK(told.status == 421);
  CHECK(contains(told.error(), "--host"));
  file.write("host = [\"push.example\", \"evil.example\"]\n");
  server.program().signal(SIGHUP);
  server.program().await_errors([](const std::string& text) { return contains(text, "--host has changed"); });
  CHECK(status("evil.example") == 200);
}

TEST_CASE("a site behind --upstream-host isn't asked for names that nobody said") {
  Upstream site;
  TestServer server({site.url(), "--upstream-host", "--origin", "https://app.example"});
  CHECK(server.get("/", {{"Host", "evil.example"}}).status == 421);
  CHECK(server.get("/sub?a=0&.wait=0", {{"Host", "evil.example"}}).status == 200);
  Connection client(server.endpoint());
  client.send("GET /page HTTP/1.1\r\nHost: app.example\r\n\r\n");
  Connection asked = site.accept();
  CHECK(asked.read_until("\r\n\r\n").starts_with("GET /page "));
  asked.send("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(client.read_answer().status == 204);
}

TEST_CASE("a hundred forms that are never whole are told to come back, and those who push don't notice") {
  TestServer server({"--max-memory", "64M", "--admin", "localhost:0"});
  std::vector<Connection> strangers;
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    strangers.emplace_back(server.endpoint());
    strangers.back().send(head_of("/sub", 4 * kMegabyte - 1, "Expect: 100-continue\r\n"));
    if (strangers.back().read_until("\r\n").find(" 503 ") != std::string::npos) ++refused;
  }
  CHECK(refused == 98);
  CHECK(contains(server.admin().get("/metrics").body, "martd_bodies_refused_total 98\n"));
  Connection publisher(server.endpoint());
  publisher.ask("POST", "/pub?channel=news", {}, std::string(kMegabyte, 'x'));
  CHECK(publisher.read_answer().status == 200);
  strangers.clear();
  Connection late(server.endpoint());
  const Deadline deadline;
  for (bool room = false; !room;) {
    REQUIRE_FALSE(deadline.passed());
    late = Connection(server.endpoint());
    late.send(head_of("/sub", 4 * kMegabyte - 1, "Expect: 100-continue\r\n"));
    room = late.read_until("\r\n").find(" 100 ") != std::string::npos;
  }
}

TEST_CASE("who may not push has the refusal before the message is sent, and in place of the leave to send it") {
  TestServer server({"--publish-from", "none"});
  for (const char* expect : {"", "Expect: 100-continue\r\n"}) {
    Connection client(server.endpoint());
    client.send(head_of("/pub?channel=news", kMegabyte, expect));
    CHECK(client.read_answer().status == 403);
  }
  // One that sends everything first reads its answer all the same.
  Connection eager(server.endpoint());
  const std::string body(256 * 1024, 'x');
  eager.send(head_of("/pub?channel=news", body.size()) + body + "GET /pub?channel=news HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(eager.read_answer().status == 403);
  CHECK(eager.read_answer().status == 403);
}

TEST_CASE("a stream whose reader took nothing for four heartbeats is ended, and comes back with its cursor") {
  // A hundred and fifty of them kept 600 MB in the kernel for as long as they liked.
  TestServer server({"--heartbeat", "200ms", "--admin", "localhost:0"});
  constexpr int kMessages = 40;
  const std::string payload(256 * 1024, 'x');
  EventStream stalled(server.endpoint(), "news=now", {}, {.from = "", .receive_buffer = 16 * 1024});
  LineStream lines(server.endpoint(), "news=now", {}, {.from = "", .receive_buffer = 16 * 1024});
  server.await_subscribers("news", 2);
  for (int i = 0; i < kMessages; ++i) server.publish("news", std::to_string(i) + payload, "size=100");
  server.await_subscribers("news", 0);
  const std::string metrics = server.admin().get("/metrics").body;
  CHECK(contains(metrics, "martd_stalled_subscribers_total 2\n"));
  CHECK(contains(metrics, "martd_endings_total{ending=\"hung_up\"} 2\n"));
  server.publish("news", "last", "size=100");
  EventStream again(server.endpoint(), "news=0");
  for (int i = 0; i < kMessages; ++i) CHECK(std::stoi(again.next().data) == i);
  CHECK(again.next().data == "last");
}

TEST_CASE("a stream whose reader takes something now and then is slow, and stays") {
  TestServer server({"--heartbeat", "500ms"});
  const std::string payload(256 * 1024, 'x');
  constexpr int kMessages = 12;
  EventStream slow(server.endpoint(), "news=now", {}, {.from = "", .receive_buffer = 16 * 1024});
  EventStream clock(server.endpoint(), "other=now");
  for (int i = 0; i < kMessages; ++i) server.publish("news", std::to_string(i) + payload, "size=100");
  for (int i = 0; i < kMessages; ++i) {
    // One message in a heartbeat, for longer than one that takes nothing has.
    clock.await_comments(i + 1);
    CHECK(std::stoi(slow.next().data) == i);
  }
  CHECK(server.inspection("news").status == 200);
  server.await_subscribers("news", 1);
}

TEST_CASE("a held poll whose client lost its power is found out though nothing is ever sent to it") {
  TestServer server({"--heartbeat", "1s"});
  HeldPoll poll(server.endpoint(), "news=now&.wait=300");
  server.await_subscribers("news", 1);
  if (!poll.connection().vanish()) {
    MESSAGE("not permitted here to let a socket vanish");
    return;
  }
  server.await_subscribers("news", 0);
}

TEST_SUITE_END();
