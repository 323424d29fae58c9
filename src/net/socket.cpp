#include "net/socket.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "net/tls_handover.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // GCC
#define MARTD_SANITIZED
#elif defined(__has_feature)  // Clang
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define MARTD_SANITIZED
#endif
#endif

namespace martd::net {
namespace {

/// How a request of plain HTTP begins, as far as the first five bytes go.
constexpr std::string_view kMethods[] = {"GET /",  "GET h",   "HEAD ",  "POST ",  "PUT /",  "PUT h",
                                         "DELETE", "OPTIONS", "PATCH ", "TRACE ", "CONNECT"};

int tls_size(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

// The system calls themselves, without the C library's part: in a program with threads that marks, with two atomic
// exchanges for each call, that the thread may be cancelled in it. None of ours ever is. A sanitizer, though, knows
// what a call reads and writes only where it is the C library's.

ssize_t receive_call(int descriptor, char* into, std::size_t size) {
#ifdef MARTD_SANITIZED
  return ::recv(descriptor, into, size, 0);
#else
  return ::syscall(SYS_recvfrom, descriptor, into, size, 0, nullptr, nullptr);
#endif
}

ssize_t send_call(int descriptor, const char* bytes, std::size_t size) {
#ifdef MARTD_SANITIZED
  return ::send(descriptor, bytes, size, MSG_NOSIGNAL);
#else
  return ::syscall(SYS_sendto, descriptor, bytes, size, MSG_NOSIGNAL, nullptr, 0);
#endif
}

}  // namespace

IoResult receive(int descriptor, char* into, std::size_t size) {
  for (;;) {
    const ssize_t result = receive_call(descriptor, into, size);
    if (result > 0) return {Io::done, static_cast<std::size_t>(result)};
    if (result == 0) return {Io::end};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::again : Io::failed};
  }
}

IoResult send(int descriptor, const char* bytes, std::size_t size) {
  for (;;) {
    const ssize_t result = send_call(descriptor, bytes, size);
    if (result >= 0) return {Io::done, static_cast<std::size_t>(result)};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::again : Io::failed};
  }
}

IoResult Socket::tls_result(int result) {
  if (result > 0) return {Io::done, static_cast<std::size_t>(result)};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {Io::again};
    case SSL_ERROR_ZERO_RETURN:
      // OpenSSL is told to take the one for the other (SSL_OP_IGNORE_UNEXPECTED_EOF).
      return {BIO_eof(SSL_get_rbio(tls_.get())) ? Io::cut : Io::end};
    default:
      return {Io::failed};
  }
}

IoResult Socket::tls_read(std::span<char> into) {
  ERR_clear_error();
  const int result = SSL_read(tls_.get(), into.data(), tls_size(into.size()));
  read_wants_write_ = result <= 0 && SSL_get_error(tls_.get(), result) == SSL_ERROR_WANT_WRITE;
  const IoResult read = tls_result(result);
  if (write_refused_ || read_wants_write_ || (read.io != Io::done && read.io != Io::again)) return read;
  if (auto records = hand_over(*tls_)) {
    records_ = std::make_unique<RecordSocket>(std::move(records));
    resumed_ = SSL_session_reused(tls_.get()) != 0;
    tls_.reset();
  }
  return read;
}

IoResult Socket::read(std::span<char> into, Time now) {
  if (records_) return records_->read(descriptor_, into, now);
  if (tls_) return tls_read(into);
  return receive(descriptor_, into.data(), into.size());
}

IoResult Socket::tls_write(std::string_view bytes) {
  // One call makes one record, of 16 KiB at most: on, until the socket is full, as for a plain one.
  std::size_t written = 0;
  for (;;) {
    ERR_clear_error();
    const IoResult result = tls_result(SSL_write(tls_.get(), bytes.data() + written, tls_size(bytes.size() - written)));
    write_refused_ = result.io == Io::again;
    if (result.io != Io::done) return written > 0 && result.io == Io::again ? IoResult{Io::done, written} : result;
    written += result.bytes;
    if (written == bytes.size()) return {Io::done, written};
  }
}

IoResult Socket::write(std::string_view bytes) {
  if (bytes.empty()) return {Io::done, 0};  // TLS would take it for an error
  if (records_) return records_->write(descriptor_, bytes);
  if (tls_) return tls_write(bytes);
  return send(descriptor_, bytes.data(), bytes.size());
}

bool Socket::goodbye_said() {
  if (records_) return records_->say_goodbye(descriptor_);
  if (!tls_ || !established() || goodbye_) return true;
  ERR_clear_error();
  const int result = SSL_shutdown(tls_.get());
  goodbye_ = result >= 0 || SSL_get_error(tls_.get(), result) != SSL_ERROR_WANT_WRITE;
  return goodbye_;
}

void Socket::say_goodbye() { (void)goodbye_said(); }

bool Socket::finish_writing() {
  if (!goodbye_said()) return false;
  ::shutdown(descriptor_, SHUT_WR);
  return true;
}

bool Socket::fall_back_to_plain() {
  if (!tls_ || established()) return false;
  // OpenSSL sends no alert to who doesn't speak TLS: nothing stands before the answer.
  const std::string_view first = first_bytes(*tls_);
  bool request = false;
  for (const std::string_view method : kMethods) request |= first.size() >= 5 && method.starts_with(first);
  if (!request) return false;
  tls_.reset();
  return true;
}

void Socket::close() {
  if (descriptor_ < 0) return;
  tls_.reset();
  records_.reset();
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace martd::net
