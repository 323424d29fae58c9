#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

/// A connected TCP socket on loopback, without Nagle's delay. Reading and writing never wait.
class Socket {
 public:
  Socket() = default;
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;

  /// Connects; on loopback this returns at once as long as the server's listen queue has room.
  static Socket connect(std::uint16_t port);

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
  int fd_ = -1;
};

}  // namespace bench
