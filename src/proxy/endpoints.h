#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <span>
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

/// The addresses of a site: looked up without blocking the loop, kept for a while, the one that last took a connection
/// first. One a loop, on its thread.
class Endpoints {
 public:
  /// `loop` and `site` must outlive it.
  Endpoints(net::Loop& loop, const Site& site);

  /// `ready` is called once, with an empty list where there is none: at once where they are known, else when they are.
  void get(std::function<void(std::span<const Endpoint>)> ready);
  /// What a look-up found: known for a while.
  void know(std::vector<Endpoint> found);
  /// It took a connection: it is the first from now on.
  void took(const Endpoint& endpoint);
  /// None took one: look again.
  void forget();

 private:
  using Resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, net::Executor>;
  void look_up();

  net::Loop& loop_;
  const Site& site_;
  Resolver resolver_;
  std::vector<Endpoint> known_;
  push::Time known_until_{};
  std::vector<std::function<void(std::span<const Endpoint>)>> waiting_;
};

}  // namespace martd::proxy
