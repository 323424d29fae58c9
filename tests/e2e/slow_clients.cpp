// Section 3 of the contract, its last sentence: clients that are slow, stopped or gone, beside others that are not.

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "support/program.h"
#include "support/streams.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

/// Resident memory of a process, in bytes.
std::size_t memory_of(pid_t process) {
  for (std::string name : {"smaps_rollup", "status"}) {
    std::ifstream file("/proc/" + std::to_string(process) + "/" + name);
    for (std::string line; std::getline(file, line);) {
      auto at = line.find("Rss:") == 0 ? 4U : line.find("VmRSS:") == 0 ? 6U : 0U;
      if (at > 0) return std::stoul(line.substr(at)) * 1024;
    }
  }
  throw std::runtime_error("nothing is known of the memory of " + std::to_string(process));
}

/// A payload of that size that begins with its number.
std::string numbered(int number, std::size_t bytes) {
  std::string payload = std::to_string(number) + " ";
  payload.resize(bytes, 'x');
  return payload;
}

int number_of(const std::string& payload) { return std::stoi(payload); }

/// Publishes so many messages from `from` on; before each next one `reader` has the last.
void publish_paced(const TestServer& server, EventStream& reader, int from, int count, std::size_t bytes,
                   const std::string& attributes = "") {
  Connection publisher(server.endpoint());
  for (int i = from; i < from + count; ++i) {
    publisher.ask("POST", "/pub?channel=news" + attributes, {}, numbered(i, bytes));
    REQUIRE(publisher.read_answer().status == 200);
    Event event = reader.next();
    REQUIRE(event.type == "message");
    REQUIRE(number_of(event.data) == i);
    REQUIRE(event.data.size() == bytes);
  }
}

}  // namespace

TEST_SUITE_BEGIN("slow clients");

TEST_CASE("a subscriber that stops reading costs no more than its limit, and is told what it missed") {
  constexpr std::size_t kMessage = 64 * 1024;
  constexpr int kBefore = 100, kMessages = 1600;  // 100 MB
  TestServer server({}, {{"ASAN_OPTIONS", "quarantine_size_mb=1"}});
  EventStream reader(server.endpoint(), "news=now");
  EventStream stalled(server.endpoint(), "news=now", {}, {.from = "", .receive_buffer = 16 * 1024});
  HeldPoll poll(server.endpoint(), "other=now&.wait=300");
  publish_paced(server, reader, 0, kBefore, kMessage);
  std::size_t before = memory_of(server.program().pid());
  publish_paced(server, reader, kBefore, kMessages, kMessage);
  std::size_t after = memory_of(server.program().pid());
  // Its limit is 256K; the rest is room for what any allocator leaves lying about.
  CHECK(after < before + 8 * 1024 * 1024);

  int next = 0;
  bool missed = false;
  while (next < kBefore + kMessages) {
    Event event = stalled.next();
    if (event.type == "martd.missed") {
      missed = true;
      next += json::parse(event.data).at("missed").to_number<int>();
    } else {
      REQUIRE(number_of(event.data) == next);
      REQUIRE(event.data.size() == kMessage);
      ++next;
    }
  }
  CHECK(missed);
  server.publish("news", "last");
  CHECK(stalled.next().data == "last");
  CHECK(reader.next().data == "last");
  server.publish("other", "a");
  CHECK(told_in(poll.answer(), "other") == "a");
}

TEST_CASE("a smaller limit for those who fall behind is kept, too") {
  TestServer server({"--max-behind", "64K"});
  EventStream reader(server.endpoint(), "news=now");
  EventStream stalled(server.endpoint(), "news=now", {}, {.from = "", .receive_buffer = 16 * 1024});
  publish_paced(server, reader, 0, 300, 32 * 1024, "&size=400");
  for (int i = 0; i < 300; ++i) REQUIRE(number_of(stalled.next().data) == i);  // all of it is still kept
}

TEST_CASE("a client that is stopped and goes on gets everything that is kept, and is told of the rest") {
  for (int size : {1000, 5}) {
    CAPTURE(size);
    constexpr int kMessages = 400;
    TestServer server;
    EventStream reader(server.endpoint(), "news=now");
    // By https it has to trust the server.
    const TempFile trusted{server.endpoint().tls ? Connection(server.endpoint()).certificate() : ""};
    Program client({"sub", "news", "--json", "--since", "now", "--server", server.endpoint().url()},
                   {{"SSL_CERT_FILE", trusted.path()}});
    server.await_subscribers("news", 2);
    client.signal(SIGSTOP);
    publish_paced(server, reader, 0, kMessages, 32 * 1024, "&size=" + std::to_string(size));
    client.signal(SIGCONT);
    server.publish("news", "last", "size=" + std::to_string(size));
    client.await_output([](const std::string& text) { return contains(text, "\"last\"") && text.back() == '\n'; });

    int next = 0, missed = 0;
    for (auto& line : lines_of(client.output())) {
      auto object = json::parse(line).as_object();
      if (object.contains("missed")) {
        missed += object.at("missed").to_number<int>();
        next += object.at("missed").to_number<int>();
      } else if (next < kMessages) {
        CHECK(number_of(text_at(object, "payload")) == next);
        ++next;
      } else {
        CHECK(text_at(object, "payload") == "last");
      }
    }
    CHECK(next == kMessages);
    CHECK((missed > 0) == (size == 5));
  }
}

TEST_CASE_FIXTURE(DefaultServer, "clients that vanished without a word are found out and cost the others nothing") {
  EventStream reader(server.endpoint(), "news=now");
  std::vector<EventStream> others;
  for (int i = 0; i < 50; ++i) others.emplace_back(server.endpoint(), "news=now");
  server.await_subscribers("news", 51);
  bool permitted = true;
  for (auto& other : others) permitted = permitted && other.connection().vanish();
  server.publish("news", "a");
  CHECK(reader.next().data == "a");
  server.publish("news", "b");
  CHECK(reader.next().data == "b");
  if (!permitted) {
    MESSAGE("not permitted here to let a socket vanish: only that the others notice nothing is shown");
    return;
  }
  server.await_subscribers("news", 1);
}

TEST_CASE("connections that say nothing or stop in the middle cost the others nothing") {
  TestServer server({"--header-timeout", "60s"});
  std::vector<Connection> silent;
  for (int i = 0; i < 200; ++i) {
    silent.emplace_back(server.endpoint());
    if (i % 4 == 1) silent.back().send("GET /sub?news=0 HTTP/1.1\r\nHos");
    if (i % 4 == 2) silent.back().send("POST /pub?channel=news HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    if (i % 4 == 3) silent.back().finish_sending();
  }
  EventStream reader(server.endpoint(), "news=now");
  for (int i = 0; i < 100; ++i) {
    server.publish("news", std::to_string(i));
    CHECK(reader.next().data == std::to_string(i));
  }
}

TEST_CASE("a client that sends a byte a second is cut off in time, and the others notice nothing") {
  TestServer server({"--header-timeout", "3s"});
  EventStream reader(server.endpoint(), "news=now");
  Connection slow(server.endpoint());
  std::string head = "GET /sub?news=0 HTTP/1.1\r\nHost: x\r\n\r\n";
  std::size_t sent = 0;
  while (sent < head.size() && slow.try_send(head.substr(sent, 1))) {
    ++sent;
    server.publish("news", std::to_string(sent));
    CHECK(reader.next().data == std::to_string(sent));
    if (slow.readable(std::chrono::seconds{1})) break;
  }
  CHECK(sent < head.size());
  CHECK(slow.read_answer().status == 408);
  CHECK(slow.ends());
}

TEST_CASE_FIXTURE(DefaultServer, "a payload that comes a byte at a time between others' pushes is taken in the end") {
  EventStream reader(server.endpoint(), "news=now");
  Connection slow(server.endpoint());
  std::string payload = "a rather slow message";
  slow.ask("POST", "/pub?channel=slow", {{"Content-Length", std::to_string(payload.size())}});
  for (char byte : payload) {
    slow.send({&byte, 1});
    server.publish("news", "a");
    CHECK(reader.next().data == "a");
  }
  CHECK(slow.read_answer().status == 200);
  CHECK(server.kept("slow") == payload);
}

TEST_SUITE_END();
