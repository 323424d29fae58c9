#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "net/io_result.h"
#include "net/record_socket.h"
#include "net/tls_context.h"

namespace martd::net {

/// A connected, non-blocking stream socket, plain or TLS; whoever uses it can't tell the difference. Owns the
/// descriptor. SIGPIPE never comes of it, provided that the process ignores it for TLS.
class Socket {
 public:
  explicit Socket(int descriptor, SslPtr tls = nullptr) : tls_(std::move(tls)), descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// `now`: for what a peer may do only so often.
  IoResult read(std::span<char> into, Time now);
  /// May take a part. Over TLS, what was refused with `again` must be offered again, with the same bytes at its start.
  IoResult write(std::string_view bytes);

  /// No more will be written: the peer sees the end once it has everything. False: TLS has to say so first, and the
  /// socket doesn't take it now; to be called again when it takes more.
  [[nodiscard]] bool finish_writing();
  /// The peer is told that no more comes, as far as that goes without waiting. Of a plain one nothing is said.
  void say_goodbye();
  void close();
  /// A handshake failed on what is a request of plain HTTP: from here on this is a plain socket, for an answer. What
  /// was read of the request is lost.
  bool fall_back_to_plain();

  int descriptor() const { return descriptor_; }
  /// OpenSSL's, which is the socket's; null for a plain one, and where it was let go of after a server's handshake.
  SSL* ssl() const { return tls_.get(); }
  bool tls() const { return tls_ || records_; }
  /// Its records are sealed here: OpenSSL made the handshake and is let go of.
  bool light() const { return records_ != nullptr; }
  /// Bytes of the two programs can pass; over TLS once the handshake is over.
  bool established() const { return !tls_ || SSL_is_init_finished(tls_.get()); }
  /// The handshake was a short one, by a ticket from an earlier one.
  bool resumed() const { return resumed_ || (tls_ && SSL_session_reused(tls_.get())); }
  /// The last read found that TLS has to write first.
  bool read_wants_write() const { return read_wants_write_; }

 private:
  IoResult tls_result(int result);
  bool goodbye_said();
  IoResult tls_read(std::span<char> into);
  IoResult tls_write(std::string_view bytes);

  SslPtr tls_;                             ///< up to the end of the handshake, or longer where it can't be handed over
  std::unique_ptr<RecordSocket> records_;  ///< from then on
  int descriptor_;
  bool read_wants_write_ = false;
  bool resumed_ = false;
  bool goodbye_ = false;        ///< close_notify was sent
  bool write_refused_ = false;  ///< OpenSSL has begun a record that the socket hasn't taken
};

}  // namespace martd::net
