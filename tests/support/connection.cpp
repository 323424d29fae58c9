#include "support/connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "support/deadline.h"

namespace martd::test {
namespace {

struct AddressList {
  explicit AddressList(const std::string& address, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    int failure = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &first);
    if (failure != 0) throw std::runtime_error(address + ": " + gai_strerror(failure));
  }
  ~AddressList() { freeaddrinfo(first); }
  AddressList(const AddressList&) = delete;
  AddressList& operator=(const AddressList&) = delete;

  addrinfo* first = nullptr;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::string shown(const std::string& bytes) { return bytes.substr(0, 300) + (bytes.size() > 300 ? "…" : ""); }

}  // namespace

std::string Endpoint::authority() const {
  bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Connection::Connection(const Endpoint& to, const ConnectOptions& options) : authority_(to.authority()) {
  AddressList peer(to.address, to.port);
  fd_ = ::socket(peer.first->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  int yes = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (options.receive_buffer > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
  }
  if (!options.from.empty()) {
    AddressList own(options.from, 0);
    if (::bind(fd_, own.first->ai_addr, own.first->ai_addrlen) != 0) fail("bind");
  }
  if (::connect(fd_, peer.first->ai_addr, peer.first->ai_addrlen) != 0) {
    if (errno != EINPROGRESS) {
      int failure = errno;
      close();
      errno = failure;
      fail("connect");
    }
    int failure = 0;
    socklen_t size = sizeof failure;
    if (!await_events(POLLOUT)) throw std::runtime_error("no connection to " + authority_);
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure != 0) {
      close();
      errno = failure;
      fail("connect");
    }
  }
  if (to.tls) shake_hands();
}

void Connection::shake_hands() {
  static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  tls_.reset(SSL_new(context));
  SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_fd(tls_.get(), fd_);
  ERR_clear_error();
  for (int result = 0; (result = SSL_connect(tls_.get())) != 1;) {
    if (!await_tls(result)) throw std::runtime_error("no TLS connection to " + authority_);
  }
}

std::string Connection::certificate_name() const {
  X509* shown = SSL_get1_peer_certificate(tls_.get());
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name, sizeof name);
  X509_free(shown);
  return name;
}

std::string Connection::certificate() const {
  X509* shown = SSL_get1_peer_certificate(tls_.get());
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, shown);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  X509_free(shown);
  return pem;
}

bool Connection::await_tls(int result) {
  const int error = SSL_get_error(tls_.get(), result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
  if (!await_events(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT))
    throw std::runtime_error("the server did nothing in time");
  return true;
}

bool Connection::try_send_tls(std::string_view bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    const int sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent <= 0 && !await_tls(sent)) return false;
  }
  return true;
}

bool Connection::receive_tls(std::string& into) {
  char piece[65536];
  for (;;) {
    ERR_clear_error();
    const int got = SSL_read(tls_.get(), piece, sizeof piece);
    if (got > 0) {
      into.append(piece, static_cast<std::size_t>(got));
      return true;
    }
    if (await_tls(got)) continue;
    reset_ = (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) == 0;
    return false;
  }
}

bool Connection::tls_readable(std::chrono::milliseconds within) {
  // What comes may be of TLS itself: only reading tells.
  for (const Deadline deadline(within);;) {
    char byte = 0;
    ERR_clear_error();
    const int result = SSL_peek(tls_.get(), &byte, 1);
    if (result > 0 || SSL_get_error(tls_.get(), result) != SSL_ERROR_WANT_READ) return true;
    pollfd wait{fd_, POLLIN, 0};
    if (deadline.passed() || ::poll(&wait, 1, deadline.left_ms()) <= 0) return false;
  }
}

Connection Connection::accepted(int descriptor) {
  Connection connection;
  connection.fd_ = descriptor;
  int yes = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return connection;
}

Connection::Connection(Connection&& other) noexcept
    : tls_(std::move(other.tls_)),
      fd_(std::exchange(other.fd_, -1)),
      reset_(other.reset_),
      authority_(std::move(other.authority_)),
      buffer_(std::move(other.buffer_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  close();
  tls_ = std::move(other.tls_);
  fd_ = std::exchange(other.fd_, -1);
  reset_ = other.reset_;
  authority_ = std::move(other.authority_);
  buffer_ = std::move(other.buffer_);
  return *this;
}

bool Connection::await_events(short events) {
  pollfd wait{fd_, events, 0};
  Deadline deadline;
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, deadline.left_ms());
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

Connection& Connection::send(std::string_view bytes) {
  if (!try_send(bytes)) throw std::runtime_error("the server no longer takes what is sent to it");
  return *this;
}

bool Connection::try_send(std::string_view bytes) {
  if (tls_) return try_send_tls(bytes);
  while (!bytes.empty()) {
    ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!await_events(POLLOUT)) throw std::runtime_error("the server did not take what was sent in time");
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return false;
    } else if (errno != EINTR) {
      fail("send");
    }
  }
  return true;
}

std::size_t Connection::send_some(std::string_view bytes) {
  if (tls_) ERR_clear_error();
  const ssize_t sent = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                            : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

Connection& Connection::ask(std::string_view method, std::string_view target, const Headers& headers) {
  std::string head = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: " + authority_ + "\r\n";
  for (auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  return send(head + "\r\n");
}

Connection& Connection::ask(std::string_view method, std::string_view target, const Headers& headers,
                            std::string_view body) {
  Headers with_length = headers;
  with_length.emplace_back("Content-Length", std::to_string(body.size()));
  ask(method, target, with_length);
  return send(body);
}

void Connection::finish_sending() {
  if (tls_) SSL_shutdown(tls_.get());
  ::shutdown(fd_, SHUT_WR);
}

void Connection::cut_sending() { ::shutdown(fd_, SHUT_WR); }

void Connection::close() {
  tls_.reset();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Connection::abort() {
  linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

bool Connection::vanish() {
  int yes = 1;
  if (::setsockopt(fd_, IPPROTO_TCP, TCP_REPAIR, &yes, sizeof yes) != 0) return false;
  close();
  return true;
}

bool Connection::readable(std::chrono::milliseconds within) {
  if (!buffer_.empty()) return true;
  if (tls_) return tls_readable(within);
  pollfd wait{fd_, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(within.count())) > 0;
}

bool Connection::receive(std::string& into) {
  if (!buffer_.empty()) {
    into += std::exchange(buffer_, {});
    return true;
  }
  if (tls_) return receive_tls(into);
  char piece[65536];
  for (;;) {
    ssize_t got = ::recv(fd_, piece, sizeof piece, 0);
    if (got > 0) {
      into.append(piece, static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && errno == ECONNRESET) reset_ = true;
    if (got == 0 || errno == ECONNRESET || errno == EPIPE) return false;
    if (errno != EAGAIN && errno != EINTR) fail("recv");
    if (errno == EAGAIN && !await_events(POLLIN)) throw std::runtime_error("nothing came; so far: " + shown(into));
  }
}

std::string Connection::read_until(std::string_view delimiter) {
  std::string got;
  for (;;) {
    auto at = got.find(delimiter);
    if (at != std::string::npos) {
      buffer_ = got.substr(at + delimiter.size());
      got.resize(at + delimiter.size());
      return got;
    }
    if (!receive(got)) throw std::runtime_error("the connection ended; so far: " + shown(got));
  }
}

std::string Connection::read_exactly(std::size_t bytes) {
  std::string got;
  while (got.size() < bytes) {
    if (!receive(got)) throw std::runtime_error("the connection ended; so far: " + shown(got));
  }
  buffer_ = got.substr(bytes);
  got.resize(bytes);
  return got;
}

bool Connection::is_reset() {
  read_to_end();
  return reset_;
}

std::string Connection::read_to_end() {
  std::string got;
  while (receive(got)) {
  }
  return got;
}

Answer Connection::read_answer(bool of_head) {
  for (;;) {
    AnswerParser parser(of_head);
    std::string got;
    while (!parser.done()) {
      if (receive(got)) {
        parser.feed(got);
      } else {
        parser.end();
      }
    }
    buffer_ = std::move(got);
    if (parser.answer().status >= 200) return parser.answer();
  }
}

Answer Connection::read_head() {
  std::string head = read_until("\r\n\r\n");
  AnswerParser parser;
  parser.feed(head);
  return parser.answer();
}

}  // namespace martd::test
