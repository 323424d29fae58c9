#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "net/tls_context.h"

namespace martd::net {

/// What one non-blocking call came to.
enum class Io : std::uint8_t {
  done,    ///< `bytes` were moved, at least one where any were asked for
  again,   ///< the socket isn't ready
  end,     ///< the peer has ended its side
  failed,  ///< the connection is gone
};
struct IoResult {
  Io io;
  std::size_t bytes = 0;
};

/// A connected, non-blocking stream socket, plain or TLS; whoever uses it can't tell the difference. Owns the
/// descriptor. SIGPIPE never comes of it, provided that the process ignores it for TLS.
class Socket {
 public:
  explicit Socket(int descriptor, SslPtr tls = nullptr) : tls_(std::move(tls)), descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  IoResult read(std::span<char> into);
  /// May take a part. Over TLS, what was refused with `again` must be offered again, with the same bytes at its start.
  IoResult write(std::string_view bytes);

  /// No more will be written: the peer sees the end once it has everything.
  void finish_writing();
  void close();

  int descriptor() const { return descriptor_; }
  bool tls() const { return tls_ != nullptr; }
  /// Null for a plain one; the socket's.
  SSL* ssl() const { return tls_.get(); }
  /// TLS: the handshake is complete; by a ticket from an earlier one.
  bool handshaken() const { return tls_ && SSL_is_init_finished(tls_.get()); }
  bool resumed() const { return tls_ && SSL_session_reused(tls_.get()); }
  /// TLS has taken in bytes that readiness of the descriptor won't tell of.
  bool has_buffered() const { return tls_ && SSL_pending(tls_.get()) > 0; }
  /// The last read found that TLS has to write first.
  bool read_wants_write() const { return read_wants_write_; }

 private:
  IoResult tls_result(int result);

  SslPtr tls_;
  int descriptor_;
  bool read_wants_write_ = false;
};

}  // namespace martd::net
