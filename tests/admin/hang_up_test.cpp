#include "admin/hang_up.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace martd::admin {
namespace {

using boost::asio::ip::tcp;

std::vector<net::ListenSocket> listen(const std::string& host) {
  auto listening = net::listen(host, 0);
  REQUIRE(std::holds_alternative<std::vector<net::ListenSocket>>(listening));
  return std::get<std::vector<net::ListenSocket>>(std::move(listening));
}

/// Both ends of a connection to a door.
struct Pair {
  Pair(const net::ListenSocket& door, const char* address) {
    const tcp::endpoint to(boost::asio::ip::make_address(address), door.port());
    client = ::socket(to.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(client, to.data(), static_cast<socklen_t>(to.size())) == 0);
    accepted = ::accept(door.descriptor(), nullptr, nullptr);
    REQUIRE(accepted >= 0);
  }
  ~Pair() {
    ::close(client);
    ::close(accepted);
  }
  /// That both ends know of it: nothing more can be read or sent.
  bool over() const {
    char byte = 0;
    return ::recv(client, &byte, 1, 0) == 0 && ::recv(accepted, &byte, 1, 0) == 0 &&
           ::send(accepted, "a", 1, MSG_NOSIGNAL) < 0;
  }
  bool carries() const {
    char byte = 0;
    return ::send(accepted, "a", 1, MSG_NOSIGNAL) == 1 && ::recv(client, &byte, 1, 0) == 1 &&
           ::send(client, "b", 1, MSG_NOSIGNAL) == 1 && ::recv(accepted, &byte, 1, 0) == 1;
  }
  int client = -1;
  int accepted = -1;
};

TEST_CASE("hang up: every connection that came in at the door, and no other") {
  const auto door = listen("127.0.0.1"), other = listen("127.0.0.1");
  const Pair first(door[0], "127.0.0.1"), second(door[0], "127.0.0.1"), beside(other[0], "127.0.0.1");
  hang_up(door[0]);
  CHECK(first.over());
  CHECK(second.over());
  CHECK(beside.carries());
  // It still listens: that is for its owner to end.
  CHECK(Pair(door[0], "127.0.0.1").carries());
}

TEST_CASE("hang up: a door that is open on every address") {
  const auto door = listen("0.0.0.0");
  const Pair one(door[0], "127.0.0.1"), two(door[0], "127.0.0.2");
  hang_up(door[0]);
  CHECK(one.over());
  CHECK(two.over());
}

TEST_CASE("hang up: the same port on another address is another door") {
  const auto door = listen("127.0.0.1");
  auto made = net::listen("127.0.0.2", door[0].port());
  // Somebody else may have it.
  if (const auto* beside = std::get_if<std::vector<net::ListenSocket>>(&made)) {
    const Pair one(door[0], "127.0.0.1"), two(beside->front(), "127.0.0.2");
    hang_up(door[0]);
    CHECK(one.over());
    CHECK(two.carries());
  }
}

}  // namespace
}  // namespace martd::admin
