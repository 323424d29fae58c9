#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace martd::net::test {

/// The client's end of a connection inside this process. The server's end is a non-blocking descriptor that is given
/// away.
class Peer {
 public:
  Peer() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    own_ = ends[0];
    other_ = ends[1];
  }
  /// By TCP, where an end that isn't tidy can be seen.
  static Peer over_tcp() {
    Peer made;
    ::close(std::exchange(made.own_, -1));
    ::close(std::exchange(made.other_, -1));
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listening, general, size) == 0);
    REQUIRE(::listen(listening, 1) == 0);
    REQUIRE(::getsockname(listening, general, &size) == 0);
    made.own_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(made.own_, general, size) == 0);
    REQUIRE(::fcntl(made.own_, F_SETFL, O_NONBLOCK) == 0);
    made.other_ = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    REQUIRE(made.other_ >= 0);
    ::close(listening);
    return made;
  }
  ~Peer() {
    hang_up();
    if (other_ >= 0) ::close(other_);
  }
  Peer(Peer&& from) noexcept
      : received(std::move(from.received)),
        own_(std::exchange(from.own_, -1)),
        other_(std::exchange(from.other_, -1)) {}
  Peer& operator=(Peer&& from) noexcept {
    std::swap(received, from.received);
    std::swap(own_, from.own_);
    std::swap(other_, from.other_);
    std::swap(ended_, from.ended_);
    std::swap(reset_, from.reset_);
    return *this;
  }

  int descriptor() const { return own_; }
  /// The server's end; once.
  int give() { return std::exchange(other_, -1); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(own_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      REQUIRE(sent > 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Takes in what is there. False: nothing was.
  bool receive(std::size_t most = SIZE_MAX) {
    char bytes[65536];
    bool any = false;
    while (most > 0) {
      const ssize_t got = ::recv(own_, bytes, std::min(most, sizeof bytes), 0);
      if (got == 0) ended_ = true;
      if (got < 0 && errno == ECONNRESET) reset_ = true;
      if (got <= 0) return any;
      received.append(bytes, static_cast<std::size_t>(got));
      most -= static_cast<std::size_t>(got);
      any = true;
    }
    return any;
  }
  /// The server has ended its side.
  bool ended() {
    receive();
    return ended_;
  }
  /// The server has ended it without an orderly end.
  bool reset() {
    receive();
    return reset_;
  }
  void finish_writing() { ::shutdown(own_, SHUT_WR); }
  void hang_up() {
    if (own_ >= 0) ::close(std::exchange(own_, -1));
  }

  std::string received;

 private:
  int own_ = -1;
  int other_ = -1;
  bool ended_ = false;
  bool reset_ = false;
};

}  // namespace martd::net::test
