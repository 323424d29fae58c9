#include "socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace bench {
namespace {

std::array<char, 256 * 1024> g_received;

[[noreturn]] void fail(const char* what) { throw std::runtime_error(std::string(what) + ": " + std::strerror(errno)); }

}  // namespace

Socket::~Socket() { reset(); }

Socket::Socket(Socket&& other) noexcept : tls_(std::move(other.tls_)), fd_(std::exchange(other.fd_, -1)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    reset();
    tls_ = std::move(other.tls_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Socket Socket::connect(std::uint16_t port, bool tls) {
  Socket socket;
  socket.fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket.fd_ < 0) fail("socket");
  const int on = 1;
  setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  if (tls) socket.shake_hands();
  if (fcntl(socket.fd_, F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  return socket;
}

void Socket::shake_hands() {
  static SSL_CTX* const context = [] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
    SSL_CTX_set_mode(made,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
  }();
  tls_.reset(SSL_new(context));
  if (!tls_ || SSL_set_fd(tls_.get(), fd_) != 1 || SSL_connect(tls_.get()) != 1)
    throw std::runtime_error("no TLS connection");
}

std::string_view Socket::read(bool& ended) {
  if (tls_) {
    const int n = SSL_read(tls_.get(), g_received.data(), static_cast<int>(g_received.size()));
    if (n > 0) return {g_received.data(), static_cast<std::size_t>(n)};
    ended = SSL_get_error(tls_.get(), n) != SSL_ERROR_WANT_READ;
    return {};
  }
  const auto n = ::recv(fd_, g_received.data(), g_received.size(), 0);
  if (n > 0) return {g_received.data(), static_cast<std::size_t>(n)};
  if (n == 0 || errno == ECONNRESET) {
    ended = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    fail("recv");
  }
  return {};
}

std::size_t Socket::write(std::string_view bytes) {
  if (tls_) {
    const int n = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (n > 0) return static_cast<std::size_t>(n);
    if (SSL_get_error(tls_.get(), n) != SSL_ERROR_WANT_WRITE) throw std::runtime_error("SSL_write failed");
    return 0;
  }
  const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno != EAGAIN && errno != EINTR) fail("send");
  return 0;
}

void Socket::write_all(std::string_view bytes) {
  if (write(bytes) != bytes.size()) throw std::runtime_error("a request did not fit into its socket");
}

void Socket::reset() {
  if (fd_ < 0) return;
  tls_.reset();
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(fd_, -1));
}

}  // namespace bench
