#pragma once

#include <sys/socket.h>

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/loop.h"
#include "proxy/site.h"

namespace martd::proxy {

/// One address to connect to.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;

  bool operator==(const Endpoint& other) const;
};
/// For people: `127.0.0.1:3000`, `[::1]:3000`, `unix:/run/app.sock`.
std::string to_string(const Endpoint& endpoint);

/// The addresses of a site: looked up without blocking the loop, kept for a while, the one that last took a connection
/// first. One a loop, on its thread.
class Endpoints {
 public:
  /// `loop` and `site` must outlive it.
  Endpoints(net::Loop& loop, const Site& site);
  /// Waits for a look-up that has begun.
  ~Endpoints();

  /// `ready` is called once, with an empty list where there is none: at once where they are known, else when they are.
  void get(std::function<void(std::span<const Endpoint>)> ready);
  /// What a look-up found: known for a while.
  void know(std::vector<Endpoint> found);
  /// It took a connection: it is the first from now on.
  void took(const Endpoint& endpoint);
  /// None took one: look again.
  void forget();

 private:
  void look_up();
  /// What a look-up said; nothing: it failed.
  void found(std::optional<std::vector<Endpoint>> endpoints);

  net::Loop& loop_;
  const Site& site_;
  std::vector<Endpoint> known_;
  push::Time known_until_{};
  std::vector<std::function<void(std::span<const Endpoint>)>> waiting_;
  std::shared_ptr<Endpoints*> self_;                   ///< for an answer that comes when there is nobody any more
  std::optional<boost::asio::thread_pool> resolving_;  ///< one thread, from the first look-up on: it blocks
};

}  // namespace martd::proxy
