#include "net/socket.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace martd::net {
namespace {

int tls_size(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

IoResult Socket::tls_result(int result) {
  if (result > 0) return {Io::done, static_cast<std::size_t>(result)};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {Io::again};
    case SSL_ERROR_ZERO_RETURN:
      return {Io::end};
    default:
      return {Io::failed};
  }
}

IoResult Socket::read(std::span<char> into) {
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_read(tls_.get(), into.data(), tls_size(into.size()));
    read_wants_write_ = result <= 0 && SSL_get_error(tls_.get(), result) == SSL_ERROR_WANT_WRITE;
    return tls_result(result);
  }
  for (;;) {
    const ssize_t result = ::recv(descriptor_, into.data(), into.size(), 0);
    if (result > 0) return {Io::done, static_cast<std::size_t>(result)};
    if (result == 0) return {Io::end};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::again : Io::failed};
  }
}

IoResult Socket::write(std::string_view bytes) {
  if (bytes.empty()) return {Io::done, 0};  // TLS would take it for an error
  if (tls_) {
    ERR_clear_error();
    return tls_result(SSL_write(tls_.get(), bytes.data(), tls_size(bytes.size())));
  }
  for (;;) {
    const ssize_t result = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (result >= 0) return {Io::done, static_cast<std::size_t>(result)};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::again : Io::failed};
  }
}

void Socket::finish_writing() {
  if (tls_) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  ::shutdown(descriptor_, SHUT_WR);
}

void Socket::close() {
  if (descriptor_ < 0) return;
  tls_.reset();
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace martd::net
