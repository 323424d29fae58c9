#include "net/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace martd::net {

using boost::asio::ip::tcp;

ListenSocket::~ListenSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), address_(other.address_), port_(other.port_) {}

namespace {

std::string text(const boost::asio::ip::address& address, std::uint16_t port) {
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return host + ":" + std::to_string(port);
}

struct AddressInfoFree {
  void operator()(addrinfo* info) const { freeaddrinfo(info); }
};

struct Bound {
  int descriptor = -1;
  int error = 0;
};

Bound bind_one(const tcp::endpoint& endpoint) {
  // More than the kernel's limit is lowered to it (net.core.somaxconn, 4096 by default).
  constexpr int kBacklog = 65535;
  Bound bound;
  bound.descriptor = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bound.descriptor < 0) return {-1, errno};
  const int on = 1;
  ::setsockopt(bound.descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Inherited by what is accepted: one system call less for each connection.
  ::setsockopt(bound.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (endpoint.address().is_v6()) ::setsockopt(bound.descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(bound.descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 &&
      ::listen(bound.descriptor, kBacklog) == 0)
    return bound;
  bound.error = errno;
  ::close(bound.descriptor);
  bound.descriptor = -1;
  return bound;
}

/// -1 where none waits, or it failed: errno says which.
int accept_one(int listening, tcp::endpoint& peer) {
  socklen_t size = static_cast<socklen_t>(peer.capacity());
  const int descriptor = ::accept4(listening, peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) peer.resize(size);
  return descriptor;
}

std::uint16_t port_of(int descriptor) {
  tcp::endpoint endpoint;
  socklen_t size = static_cast<socklen_t>(endpoint.capacity());
  ::getsockname(descriptor, endpoint.data(), &size);
  endpoint.resize(size);
  return endpoint.port();
}

}  // namespace

std::string ListenSocket::name() const { return text(address_, port_); }

void ListenSocket::refuse(
    const std::function<void(int descriptor, const boost::asio::ip::address& peer)>& on_accept) const {
  // The kernel's queue is no longer than that, by default.
  constexpr int kMost = 4096;
  for (int accepted = 0; accepted < kMost; ++accepted) {
    tcp::endpoint peer;
    const int descriptor = accept_one(descriptor_, peer);
    if (descriptor < 0 && errno != ECONNABORTED && errno != EINTR) break;
    if (descriptor >= 0) on_accept(descriptor, peer.address());
  }
  // Not closed yet: loops may still ask it for connections, and its number must be nobody else's.
  ::shutdown(descriptor_, SHUT_RDWR);
}

std::variant<std::vector<ListenSocket>, std::string> listen(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return "no address for '" + host + "': " + ::gai_strerror(error);
  const std::unique_ptr<addrinfo, AddressInfoFree> infos(found);

  std::vector<boost::asio::ip::address> addresses;
  for (const addrinfo* info = infos.get(); info; info = info->ai_next) {
    tcp::endpoint endpoint;
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    std::memcpy(endpoint.data(), info->ai_addr, info->ai_addrlen);
    endpoint.resize(info->ai_addrlen);
    bool twice = false;
    for (const auto& address : addresses) twice |= address == endpoint.address();
    if (!twice) addresses.push_back(endpoint.address());
  }

  // The port that the system chooses for the first address may be taken on another: then all begin again.
  constexpr int kTries = 20;
  for (int tried = 0;; ++tried) {
    std::vector<ListenSocket> sockets;
    std::string wrong;
    std::uint16_t chosen = port;
    bool again = false;
    for (const auto& address : addresses) {
      const Bound bound = bind_one(tcp::endpoint(address, chosen));
      if (bound.descriptor < 0) {
        // `localhost` has ::1 in many a hosts file of a machine without IPv6.
        const bool absent = bound.error == EAFNOSUPPORT || bound.error == EADDRNOTAVAIL;
        if (absent && addresses.size() > 1) continue;
        again = port == 0 && bound.error == EADDRINUSE && tried < kTries;
        wrong = "can't listen on " + text(address, chosen) + ": " + std::strerror(bound.error);
        break;
      }
      chosen = port_of(bound.descriptor);
      sockets.emplace_back(bound.descriptor, address, chosen);
    }
    if (again) continue;
    if (!wrong.empty()) return wrong;
    if (sockets.empty()) return "can't listen on '" + host + "': it has no address on this machine";
    return sockets;
  }
}

Listener::Listener(Loop& loop, const ListenSocket& socket, OnAccept on_accept)
    : loop_(loop), socket_(socket), on_accept_(std::move(on_accept)) {}

Listener::~Listener() { stop(); }

void Listener::start() {
  watching_ = loop_.watch_for_connections(socket_.descriptor(), *this);
  if (!watching_) pause("watch for connections");
}

void Listener::stop() {
  loop_.drop(*this);
  if (std::exchange(watching_, false)) loop_.ignore(socket_.descriptor());
}

void Listener::on_events(Events) {
  // A bound for one turn, so that a flood of new connections doesn't keep the loop from those it has.
  constexpr int kMost = 128;
  for (int accepted = 0; accepted < kMost && watching_; ++accepted) {
    tcp::endpoint peer;
    const int descriptor = accept_one(socket_.descriptor(), peer);
    if (descriptor >= 0) {
      on_accept_(descriptor, peer.address());
      continue;
    }
    switch (errno) {
      case EAGAIN:
      case EINVAL:  // it refuses by now
        return;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return pause("accept");
      default:
        break;  // this one connection failed; the next may not
    }
  }
}

void Listener::pause(const char* what) {
  // Connections wait in the kernel's queue until others have gone. That is tried often, and told now and then.
  constexpr Duration kQuiet = std::chrono::seconds{10};
  if (loop_.now() - told_ >= kQuiet) {
    spdlog::warn("can't {} for now: {}", what, std::strerror(errno));
    told_ = loop_.now();
  }
  stop();
  loop_.set(*this, loop_.now() + std::chrono::milliseconds{200});
}

void Listener::on_timer(Time) { start(); }

}  // namespace martd::net
