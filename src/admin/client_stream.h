#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

namespace martd::admin {

/// A client's connection, as cpp-httplib reads one request from it and writes the answer. Its own knows a time-out for
/// the next bytes only, so that a client which sends one now and then holds its thread for ever, and no limit of how
/// many lines a head has. For one thread, but for cut().
class ClientStream final : public httplib::Stream {
 public:
  /// To `request` and `write` comes a second for each 64 KiB, so that large ones may take their time.
  struct Patience {
    std::chrono::milliseconds read;     ///< for the next bytes of the request
    std::chrono::milliseconds request;  ///< for all of it
    std::chrono::milliseconds write;    ///< until the client has taken what one write() is given
  };

  /// Takes over the descriptor. The time for the request begins.
  ClientStream(int descriptor, Patience patience);
  /// Ends both directions.
  ~ClientStream() override;
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  /// Waits. False: no more of the request came in time.
  bool is_readable() const override;
  /// Waits. False: the client takes nothing, or it has gone.
  bool is_writable() const override;
  /// How many bytes: some of what has come, waited for. 0: the client sends no more. -1: it was too slow, broke off, or
  /// sends a head of more than 64 KiB.
  ssize_t read(char* into, std::size_t size) override;
  /// `size`, or -1: not all of it was taken.
  ssize_t write(const char* from, std::size_t size) override;
  using httplib::Stream::write;

  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return descriptor_; }

  /// Ends both directions: whoever waits comes back, and nothing is waited for any more. Any thread.
  void cut();

 private:
  int descriptor_;
  Patience patience_;
  std::chrono::steady_clock::time_point begun_;
  std::size_t received_ = 0;
  std::size_t head_end_ = 0;  ///< how much of the empty line after the head has come: 4 is all of it
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0;  ///< of what is in the buffer and not read yet
  std::size_t end_ = 0;
};

}  // namespace martd::admin
