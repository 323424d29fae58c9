#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../net/socket_pair.h"
#include "../net/step_clock.h"
#include "../net/turns.h"
#include "../push/hub_test.h"
#include "http/session.h"
#include "http/worker.h"

/// A whole loop of the public side inside the test: connections are socket pairs, and the test takes the loop's turns.
namespace martd::http::test {

using namespace std::chrono_literals;

/// An answer as it came.
struct Reply {
  int status = 0;
  std::string head;  ///< with its empty line
  std::string body;

  /// The header's value, or nothing.
  std::string header(std::string_view name) const {
    const std::string wanted = "\r\n" + std::string(name) + ": ";
    const auto at = head.find(wanted);
    if (at == std::string::npos) return {};
    const auto begin = at + wanted.size();
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

/// The bytes of the whole chunks at the front of `bytes`, which are taken off, the last one too.
inline std::string take_chunks(std::string& bytes) {
  std::string body;
  std::size_t at = 0;
  for (;;) {
    const auto line = bytes.find("\r\n", at);
    if (line == std::string::npos) break;
    const std::size_t size = std::stoul(bytes.substr(at, line - at), nullptr, 16);
    const std::size_t end = line + 2 + size;
    if (bytes.size() < end + 2) break;
    CHECK(bytes.compare(end, 2, "\r\n") == 0);
    body.append(bytes, line + 2, size);
    at = end + 2;
  }
  bytes.erase(0, at);
  return body;
}

/// The first whole answer at the front of `bytes`, taken off; status 0 where there is none yet. One without a length
/// takes all that is there, the body of one in chunks without its chunks.
inline Reply take_reply(std::string& bytes) {
  Reply reply;
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return reply;
  reply.head = bytes.substr(0, end + 4);
  const std::string length = reply.header("Content-Length");
  const int status = std::stoi(reply.head.substr(9, 3));
  const bool bare = status == 204 || status == 304 || status < 200;
  if (reply.header("Transfer-Encoding") == "chunked") {
    bytes.erase(0, end + 4);
    reply.status = status;
    reply.body = take_chunks(bytes);
    return reply;
  }
  std::size_t size = bytes.size() - end - 4;
  if (!length.empty() || bare) {
    const std::size_t wanted = bare ? 0 : std::stoul(length);
    if (size < wanted) return {};
    size = wanted;
  }
  reply.status = status;
  reply.body = bytes.substr(end + 4, size);
  bytes.erase(0, end + 4 + size);
  return reply;
}

inline wire::Address address(const char* text) { return *wire::parse_address(text); }

struct WorkerTest {
  using Peer = net::test::Peer;

  net::test::StepClock clock;
  net::Loop loop{clock};
  push::Hub hub{clock.start()};
  ConnectionCount count;
  std::shared_ptr<Settings> settings = defaults();
  Worker worker{0, loop, hub, count, settings};

  WorkerTest() { net::test::begin(loop); }
  WorkerTest(const WorkerTest&) = delete;
  ~WorkerTest() {
    worker.abandon();
    turn();
    CHECK(count.open == 0);
    CHECK(worker.sessions() == 0);
    const Counters& counters = worker.counters();
    CHECK(counters.polls_held.value() == 0);
    CHECK(counters.event_streams_held.value() == 0);
    CHECK(counters.line_streams_held.value() == 0);
    CHECK(loop.outbox_bytes() == 0);
  }

  static std::shared_ptr<Settings> defaults() {
    auto made = std::make_shared<Settings>();
    made->access.publish_from = wire::AddressSet::parse("loopback").value();
    return made;
  }
  void turn() { net::test::turn(loop); }
  /// Lets so much time pass, and the loop have its turns.
  void pass(Duration time) {
    clock.step(time);
    turn();
  }
  Peer connect(const char* from = "127.0.0.1") {
    Peer peer;
    worker.take(peer.give(), address(from), nullptr);
    turn();
    return peer;
  }
  /// Sends, and lets the loop have its turns.
  void send(Peer& peer, std::string_view bytes) {
    peer.send(bytes);
    turn();
    peer.receive();
  }
  /// A request on a connection that stays, and its answer where there is one already.
  Reply ask(Peer& peer, std::string_view method, std::string_view target, std::string_view headers = {},
            std::string_view body = {}) {
    std::string request(method);
    request += " ";
    request += target;
    request += " HTTP/1.1\r\nHost: localhost\r\n";
    request += headers;
    if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    request += "\r\n";
    request += body;
    send(peer, request);
    return take_reply(peer.received);
  }
  /// What has come for it, after the loop's turns.
  Reply reply(Peer& peer) {
    turn();
    peer.receive();
    return take_reply(peer.received);
  }
  /// Likewise, as it came.
  std::string more(Peer& peer) {
    turn();
    peer.receive();
    return std::exchange(peer.received, {});
  }

  push::Receipt publish(const std::string& channel, std::string payload, push::Attributes attributes = {},
                        std::optional<Duration> expire = {}) {
    auto* content = new push::Content;
    const push::ContentPtr owned(content);
    content->payload = std::move(payload);
    content->expire = expire;
    const auto receipts = push::test::publish_in(hub, channel, owned, loop.now(), attributes);
    REQUIRE(receipts.has_value());
    return receipts->front();
  }
  std::size_t subscribers(const std::string& channel) {
    const auto info = hub.inspect(channel, push::test::claim(), loop.now());
    return info ? info->subscribers : 0;
  }
};

}  // namespace martd::http::test
