// What the kernel is told of connections, looked at where it is kept.

#include "net/tcp.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "net/listener.h"

using namespace martd;
using namespace std::chrono_literals;

namespace {

int option(int descriptor, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(descriptor, level, name, &value, &size) == 0);
  return value;
}

/// A TCP connection inside this process, to a listener that was told something.
struct TcpPair {
  explicit TcpPair(const net::PeerSilence& silence) {
    auto made = net::listen("127.0.0.1", 0);
    auto sockets = std::get<std::vector<net::ListenSocket>>(std::move(made));
    sockets.front().limit_silence(silence);
    client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(sockets.front().port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    while ((server = ::accept4(sockets.front().descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0)
      REQUIRE(errno == EAGAIN);
  }
  ~TcpPair() {
    ::close(client);
    ::close(server);
  }
  TcpPair(const TcpPair&) = delete;

  int client = -1;
  int server = -1;
};

}  // namespace

TEST_CASE("tcp: a listener's connections have its limits for silent peers, without a call for each") {
  const TcpPair pair({15s, 45s});
  CHECK(option(pair.server, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(pair.server, IPPROTO_TCP, TCP_KEEPIDLE) == 15);
  CHECK(option(pair.server, IPPROTO_TCP, TCP_KEEPINTVL) == 5);
  CHECK(option(pair.server, IPPROTO_TCP, TCP_KEEPCNT) == 6);
  CHECK(option(pair.server, IPPROTO_TCP, TCP_USER_TIMEOUT) == 45000);
}

TEST_CASE("tcp: the last question comes when the time is over, whatever the heartbeat") {
  for (const Duration heartbeat : {Duration(100ms), Duration(1s), Duration(2s), Duration(7s), Duration(12s),
                                   Duration(15s), Duration(20s), Duration(60s), Duration(1h)}) {
    const Duration most = 2 * heartbeat + 15s;
    const TcpPair pair({heartbeat, most});
    const int quiet = option(pair.server, IPPROTO_TCP, TCP_KEEPIDLE);
    const int whole = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(most).count());
    CHECK(quiet >= 1);
    CHECK((whole - quiet) % 5 == 0);
    CHECK(std::chrono::seconds{quiet} <= std::max<Duration>(heartbeat, 5s));
    CHECK(option(pair.server, IPPROTO_TCP, TCP_USER_TIMEOUT) ==
          std::chrono::duration_cast<std::chrono::milliseconds>(most).count());
  }
}

TEST_CASE("tcp: a bounded send buffer takes no more than that, where it took megabytes before") {
  const TcpPair pair({15s, 45s});
  net::bound_send_buffer(pair.server, std::size_t{64} << 10);
  CHECK(option(pair.server, SOL_SOCKET, SO_SNDBUF) <= 64 << 10);
  net::bound_send_buffer(pair.server, SIZE_MAX);  // as much as the kernel allows, and no overflow
  CHECK(option(pair.server, SOL_SOCKET, SO_SNDBUF) > 64 << 10);
}

TEST_CASE("tcp: what the peer acknowledges is seen as long as it reads, and nothing once it doesn't") {
  const TcpPair pair({15s, 45s});
  const std::string bytes(64 << 10, 'x');
  const auto fill = [&] {
    while (::send(pair.server, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) continue;
  };
  const auto settled = [&] {
    // What is under way arrives.
    net::Taken taken = net::taken_by_peer(pair.server);
    for (;;) {
      fill();
      const net::Taken later = net::taken_by_peer(pair.server);
      if (!later.in_flight && later.mark == taken.mark) return later;
      taken = later;
    }
  };
  const net::Taken full = settled();
  CHECK_FALSE(full.in_flight);
  CHECK(net::taken_by_peer(pair.server).mark == full.mark);
  std::string got(1 << 20, '\0');
  for (std::size_t read = 0; read < got.size();) {
    const ssize_t one = ::recv(pair.client, got.data(), got.size(), 0);
    REQUIRE(one > 0);
    read += static_cast<std::size_t>(one);
  }
  CHECK(settled().mark != full.mark);
}

TEST_CASE("tcp: what is no TCP connection is passed over") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  net::limit_silence(ends[0], {15s, 45s});
  net::limit_unacknowledged(ends[0], 1s);
  const std::string bytes(1000, 'x');
  const std::uint64_t empty = net::taken_by_peer(ends[0]).mark;
  REQUIRE(::send(ends[0], bytes.data(), bytes.size(), 0) == 1000);
  const std::uint64_t waiting = net::taken_by_peer(ends[0]).mark;
  CHECK(waiting != empty);
  std::string got(1000, '\0');
  REQUIRE(::recv(ends[1], got.data(), got.size(), 0) == 1000);
  CHECK(net::taken_by_peer(ends[0]).mark != waiting);
  for (const int end : ends) ::close(end);
}
