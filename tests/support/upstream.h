#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "support/answer.h"
#include "support/connection.h"

namespace martd::test {

/// A request as the site behind a proxy sees it.
struct Asked {
  std::string line;  ///< `GET /a?b HTTP/1.1`
  Headers headers;   ///< in their order
  std::string body;  ///< without its framing

  bool has(std::string_view name) const;
  /// The value of the first header of that name, or nothing in it.
  std::string header(std::string_view name) const;
  /// How often there is a header of that name.
  int count(std::string_view name) const;
};

/// A site that says exactly what the test says: it listens where nobody else does, and the test takes the connections
/// one by one and answers by hand. What the kernel holds until then is nobody's; there is no thread.
class Upstream {
 public:
  /// On that address (IPv4 or IPv6) and a port that the system chooses, or on a Unix socket at a path of its own.
  explicit Upstream(const std::string& address = "127.0.0.1");
  static Upstream on_path() { return Upstream(""); }
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  /// As `--upstream` takes it.
  std::string url() const;
  std::uint16_t port() const { return port_; }
  std::string authority() const { return Endpoint{address_, port_}.authority(); }

  /// The next connection; throws where none comes.
  Connection accept();
  /// Whether one came or comes within that time.
  bool pending(std::chrono::milliseconds within = std::chrono::milliseconds{0});

  /// From now on nobody listens there; what was accepted stays.
  void go_away();
  /// Listens at the same address again.
  void come_back();

 private:
  void listen();

  std::string address_;  ///< empty: a Unix socket
  std::string path_;
  std::uint16_t port_ = 0;
  int fd_ = -1;
};

/// Reads one request with its body (by length or in chunks).
Asked read_request(Connection& connection);
/// Only its head.
Asked read_request_head(Connection& connection);

}  // namespace martd::test
