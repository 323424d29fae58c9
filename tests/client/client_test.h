#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "../net/turns.h"
#include "client/upstream_pool.h"

/// One loop's connections to a site that the test plays by hand, on loopback. The test takes the loop's turns.
namespace martd::client::test {

using namespace std::chrono_literals;

/// The site's end of a connection. Non-blocking.
class SiteEnd {
 public:
  explicit SiteEnd(int descriptor = -1) : descriptor_(descriptor) {}
  SiteEnd(SiteEnd&& from) noexcept
      : received(std::move(from.received)), descriptor_(std::exchange(from.descriptor_, -1)), ended_(from.ended_) {}
  SiteEnd& operator=(SiteEnd&& from) noexcept {
    close();
    received = std::move(from.received);
    descriptor_ = std::exchange(from.descriptor_, -1);
    ended_ = from.ended_;
    return *this;
  }
  ~SiteEnd() { close(); }

  void send(std::string_view bytes) {
    REQUIRE(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  /// How much was taken; negative where there is no room.
  ssize_t try_send(std::string_view bytes) {
    return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  /// The other side has ended or reset.
  bool ended() {
    receive();
    return ended_;
  }
  void receive() {
    char bytes[65536];
    for (;;) {
      const ssize_t got = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) ended_ = true;
      if (got <= 0) return;
      received.append(bytes, static_cast<std::size_t>(got));
    }
  }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

  std::string received;

 private:
  int descriptor_;
  bool ended_ = false;
};

/// Listens on an address of loopback.
class SiteDoor {
 public:
  explicit SiteDoor(std::uint32_t address = INADDR_LOOPBACK, std::uint16_t port = 0, int backlog = 100) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(address);
    place.sin_port = htons(port);
    const int on = 1;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    REQUIRE(::bind(descriptor_, reinterpret_cast<sockaddr*>(&place), sizeof place) == 0);
    REQUIRE(::listen(descriptor_, backlog) == 0);
    socklen_t size = sizeof place;
    REQUIRE(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&place), &size) == 0);
    port_ = ntohs(place.sin_port);
  }
  ~SiteDoor() { go_away(); }
  SiteDoor(const SiteDoor&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// -1 where nobody came.
  int take() { return ::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }
  void go_away() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

/// Writes down what it is told: `103 `, `200 `, `piece `, `end `, `broken `…
class Witness final : public Asker {
 public:
  void on_interim(const wire::AnswerHead& head) override { told += std::to_string(head.status) + "… "; }
  void on_answer(const wire::AnswerHead& head, bool is_tunnel) override {
    told += std::to_string(head.status) + (is_tunnel ? " tunnel " : " ");
  }
  void on_piece(std::string_view piece) override { told += std::string(piece) + " "; }
  void on_turn() override { ++turns; }
  void on_end() override { over("end "); }
  void on_failure(Failure failure, std::string_view) override { over(std::string(row(failure).name) + " "); }
  void on_room() override { ++rooms; }

  bool done() const { return ended; }

  std::string told;
  int turns = 0;
  int rooms = 0;
  bool ended = false;

 private:
  void over(const std::string& how) {
    CHECK_FALSE(ended);  // once
    ended = true;
    told += how;
  }
};

struct PoolTest {
  net::Clock clock;
  net::Loop loop{clock};
  std::unique_ptr<UpstreamPool> pool;

  PoolTest() { net::test::begin(loop); }
  PoolTest(const PoolTest&) = delete;
  ~PoolTest() {
    if (!pool) return;
    pool->stop();
    turn();
    CHECK(pool->kept() == 0);
    CHECK(pool->open() == 0);
    CHECK(loop.outbox_bytes() == 0);
  }

  void before(const std::string& url, std::size_t most = 10, const Timeouts& timeouts = {}) {
    auto site = Site::parse(url);
    REQUIRE(site.has_value());
    pool = std::make_unique<UpstreamPool>(loop, *site, nullptr, most);
    pool->use(timeouts);
  }
  void turn() { net::test::turn(loop); }
  void until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      loop.turn(20ms);
    }
    turn();
  }

  static Order get(const std::string& path = "/") {
    Order order;
    order.head = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
    order.repeatable = true;
    return order;
  }
  static Order post() {
    Order order;
    order.head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n";
    order.body = true;
    return order;
  }
  SiteEnd accept(SiteDoor& door) {
    int descriptor = -1;
    until([&] { return (descriptor = door.take()) >= 0; });
    return SiteEnd(descriptor);
  }
  void await_request(SiteEnd& end) {
    until([&] {
      end.receive();
      return end.received.find("\r\n\r\n") != std::string::npos;
    });
  }
  /// One whole request and its answer; the connection stays in the pool.
  SiteEnd warm(SiteDoor& door) {
    Witness witness;
    const ExchangePtr exchange = pool->ask(get("/warm"), witness);
    SiteEnd end = accept(door);
    await_request(end);
    end.received.clear();
    end.send("HTTP/1.1 204 No Content\r\n\r\n");
    until([&] { return witness.done(); });
    CHECK(witness.told == "204 end ");
    return end;
  }
};

inline constexpr const char* kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

}  // namespace martd::client::test
