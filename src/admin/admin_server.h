#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "admin/public_side.h"

namespace martd::admin {

class Requests;

/// The operators' listener: health, statistics, metrics, channels, the dashboard. cpp-httplib on threads of its own, so
/// that it answers even while every event loop is busy. It serves a request for each connection: an idle connection
/// would hold one of its few threads.
class AdminServer {
 public:
  /// Listens on every address that `host` has (blocks for the look-up), on one port for all of them; 0: the system
  /// chooses. Nothing is served before start(). `token`: asked for as Bearer; empty: none. `side` is used until stop()
  /// returns. The error is a sentence.
  static std::variant<std::unique_ptr<AdminServer>, std::string> listen(const std::string& host, std::uint16_t port,
                                                                        std::string token, PublicSide& side);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// `127.0.0.1:54322`, `[::1]:54322`: for the `listening admin` lines.
  const std::vector<std::string>& addresses() const { return addresses_; }

  void start();

  /// From the next request on. Any thread.
  void set_token(std::string token);

  /// Takes no more connections; the public side is not used any more and no thread is left when it returns, within
  /// about two seconds: requests that are still under way after the first (a client that sends a byte a second) are cut
  /// off.
  void stop();

 private:
  struct Listener;
  AdminServer() = default;

  PublicSide* side_ = nullptr;          ///< for start()
  std::shared_ptr<Requests> requests_;  ///< until the last thread has let go of it
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::string> addresses_;
};

}  // namespace martd::admin
