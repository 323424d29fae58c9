#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace bench {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// A connected TCP socket on loopback, without Nagle's delay. Reading and writing never wait.
class Socket {
 public:
  Socket() = default;
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;

  /// Connects; on loopback this returns at once as long as the server's listen queue has room. With `tls` it waits for
  /// the handshake (TLS 1.3); whose certificate it is isn't looked at.
  static Socket connect(std::uint16_t port, bool tls);

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  /// What has come, in the one buffer that all sockets share: valid until the next read of any socket.
  /// Empty: nothing is there now. `ended` is set when the server closed.
  std::string_view read(bool& ended);

  /// How much of `bytes` the socket took.
  std::size_t write(std::string_view bytes);

  /// Writes a request that always fits into an empty socket; throws if it doesn't.
  void write_all(std::string_view bytes);

  /// Ends with a reset, so that no port stays in TIME_WAIT.
  void reset();

 private:
  void shake_hands();

  std::unique_ptr<SSL, SslFree> tls_;
  int fd_ = -1;
};

}  // namespace bench
