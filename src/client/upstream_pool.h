#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "client/endpoints.h"
#include "client/exchange.h"
#include "client/site.h"
#include "client/timeouts.h"
#include "client/upstream_connection.h"
#include "net/loop.h"
#include "net/tls_client.h"

namespace martd::client {

/// One loop's connections to the site. On its thread.
class UpstreamPool {
 public:
  /// At most `most` connections at a time. `loop` must outlive it; `tls` is for an https site.
  UpstreamPool(net::Loop& loop, Site site, std::shared_ptr<const net::TlsClient> tls, std::size_t most);
  ~UpstreamPool();

  /// Asks. `asker` must outlive the exchange, or abandon it.
  ExchangePtr ask(Order order, Asker& asker);
  void use(const Timeouts& timeouts) { timeouts_ = timeouts; }
  /// Closes those that wait, and keeps none from now on.
  void stop();

  const Site& site() const { return site_; }
  std::size_t open() const { return open_.size(); }
  std::size_t kept() const { return kept_.size(); }

  // --- for exchanges and connections ---
  net::Loop& loop() { return loop_; }
  const Timeouts& timeouts() const { return timeouts_; }
  Endpoints& endpoints() { return endpoints_; }
  /// One that waits and on which nothing has come, or null. `any`: also one that has waited for long.
  UpstreamConnectionPtr take_kept(bool any);
  /// Gives the exchange a place for one more connection: now, or when there is one (Exchange::admitted).
  void admit(Exchange& exchange);
  /// A place now, or none.
  bool enter();
  /// The place isn't needed.
  void leave();
  /// Whether it was waiting for a place.
  bool forget(Exchange& exchange);
  /// A connection on its way to `endpoint`, which has the caller's place from now on; or null, with the system's error,
  /// where that fails at once.
  UpstreamConnectionPtr connect(const Endpoint& endpoint, int& error);
  void keep(UpstreamConnection& connection);
  void gone(UpstreamConnection& connection);

 private:
  net::Loop& loop_;
  const Site site_;
  const std::shared_ptr<const net::TlsClient> tls_;
  const std::size_t most_;
  Timeouts timeouts_;
  Endpoints endpoints_;
  std::vector<UpstreamConnectionPtr> kept_;  ///< the newest is used first
  std::vector<UpstreamConnection*> open_;    ///< all of them
  std::size_t places_ = 0;                   ///< connections, and those that are about to be made
  std::deque<ExchangePtr> queue_;            ///< waiting for a place; bounded by the connections of the clients
  bool stopped_ = false;
};

}  // namespace martd::client
