#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/answer.h"

namespace martd::test {

struct Endpoint {
  std::string address;  ///< without brackets
  std::uint16_t port = 0;
  bool tls = false;

  std::string authority() const;
  std::string url() const { return (tls ? "https://" : "http://") + authority(); }
};

struct ConnectOptions {
  std::string from;        ///< the local address to connect from, or empty
  int receive_buffer = 0;  ///< SO_RCVBUF, or 0 for the system's choice
};

/// A connection for exact bytes, with TLS where the endpoint has it (whose certificate it is isn't looked at). Every
/// wait is bounded by kPatience and throws past it. One thread at a time.
class Connection {
 public:
  explicit Connection(const Endpoint& to, const ConnectOptions& options = {});
  /// One that was accepted: takes over the descriptor, which must be non-blocking.
  static Connection accepted(int descriptor);
  ~Connection() { close(); }
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends all of it. Throws where the peer no longer takes it.
  Connection& send(std::string_view bytes);
  /// As send(); false where the peer no longer takes it.
  bool try_send(std::string_view bytes);
  /// As many of them as are taken at once; 0: none. Over TLS, what was left has to be offered again before anything
  /// else.
  std::size_t send_some(std::string_view bytes);
  /// A request without a body.
  Connection& ask(std::string_view method, std::string_view target, const Headers& headers = {});
  /// A request with a body and its Content-Length.
  Connection& ask(std::string_view method, std::string_view target, const Headers& headers, std::string_view body);

  /// Half-close: nothing more will be sent.
  void finish_sending();
  /// The same, and over TLS without a word of it: as somebody on the way can do.
  void cut_sending();
  void close();
  /// Ends with a reset instead of a tidy end.
  void abort();
  /// Lets the socket vanish without telling the peer, as a machine does that loses its power. False: not permitted
  /// here.
  bool vanish();

  /// Whether anything (bytes, or the end) came or comes within that time.
  bool readable(std::chrono::milliseconds within = std::chrono::milliseconds{0});
  /// Awaits bytes and appends them to `into`; false when the peer has ended.
  bool receive(std::string& into);
  /// The bytes up to the delimiter and with it.
  std::string read_until(std::string_view delimiter);
  std::string read_exactly(std::size_t bytes);
  /// Whether the peer ends with a reset, or over TLS without a word of goodbye, whatever it sent before.
  bool is_reset();
  /// All bytes until the peer ends.
  std::string read_to_end();
  /// Awaits the peer's end; whether it came with no byte before it.
  bool ends() { return read_to_end().empty(); }

  /// The next whole answer, without interim ones (100).
  Answer read_answer(bool of_head = false);
  /// Only the head of the next answer; its body stays to be read.
  Answer read_head();

  /// The name (CN) on the certificate that the server showed; over TLS only.
  std::string certificate_name() const;
  /// That certificate as PEM: who is to trust the server is given this.
  std::string certificate() const;

  const std::string& authority() const { return authority_; }
  int fd() const { return fd_; }

 private:
  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  Connection() = default;

  bool await_events(short events);
  void shake_hands();
  /// Awaits what TLS waits for; false where the connection is over.
  bool await_tls(int result);
  bool try_send_tls(std::string_view bytes);
  bool receive_tls(std::string& into);
  bool tls_readable(std::chrono::milliseconds within);

  std::unique_ptr<SSL, FreeTls> tls_;
  int fd_ = -1;
  bool reset_ = false;
  std::string authority_;
  std::string buffer_;  ///< received and not yet asked for
};

}  // namespace martd::test
