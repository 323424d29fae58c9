#include "client/upstream_pool.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace martd::client {
namespace {

/// Many servers close what was idle for five seconds, and some after two; a request that can't be repeated stays clear
/// of that.
constexpr Duration kFresh = std::chrono::seconds{1};
constexpr std::size_t kMostKept = 256;

}  // namespace

UpstreamPool::UpstreamPool(net::Loop& loop, Site site, std::shared_ptr<const net::TlsClient> tls, std::size_t most)
    : loop_(loop), site_(std::move(site)), tls_(std::move(tls)), most_(most), endpoints_(loop, site_) {}

UpstreamPool::~UpstreamPool() {
  stop();
  while (!open_.empty()) open_.back()->close();
}

ExchangePtr UpstreamPool::ask(Order order, Asker& asker) {
  ExchangePtr exchange(new Exchange(*this, asker, std::move(order)));
  exchange->start();
  return exchange;
}

void UpstreamPool::stop() {
  stopped_ = true;
  while (!kept_.empty()) kept_.back()->close();
}

UpstreamConnectionPtr UpstreamPool::take_kept(bool any) {
  while (!kept_.empty()) {
    if (!any && loop_.now() - kept_.back()->idle_since() > kFresh) return nullptr;
    const UpstreamConnectionPtr connection = std::move(kept_.back());
    kept_.pop_back();
    if (connection->silent()) return connection;
    connection->close();
  }
  return nullptr;
}

void UpstreamPool::admit(Exchange& exchange) {
  if (!enter()) {
    queue_.emplace_back(&exchange);
    return;
  }
  exchange.admitted();
}

bool UpstreamPool::enter() {
  if (places_ >= most_) return false;
  ++places_;
  return true;
}

void UpstreamPool::leave() {
  --places_;
  if (queue_.empty() || !enter()) return;
  // On a turn of its own: whoever leaves is in the middle of something.
  ExchangePtr next = std::move(queue_.front());
  queue_.pop_front();
  loop_.post([next = std::move(next)] { next->admitted(); });
}

bool UpstreamPool::forget(Exchange& exchange) {
  const auto found = std::find(queue_.begin(), queue_.end(), &exchange);
  if (found == queue_.end()) return false;
  queue_.erase(found);
  return true;
}

UpstreamConnectionPtr UpstreamPool::connect(const Endpoint& endpoint, int& error) {
  const int descriptor = ::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    error = errno;
    return nullptr;
  }
  if (endpoint.address.ss_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // A tunnel or a stream may be silent for ever; that its other end still exists is the kernel's to find out.
    ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  if (::connect(descriptor, address, endpoint.size) != 0 && errno != EINPROGRESS) {
    error = errno;
    ::close(descriptor);
    return nullptr;
  }
  net::SslPtr ssl = tls_ ? tls_->connect(descriptor, site_.host) : nullptr;
  if (tls_ && !ssl) {
    error = ENOMEM;
    ::close(descriptor);
    return nullptr;
  }
  UpstreamConnectionPtr connection(new UpstreamConnection(*this, endpoint, descriptor, std::move(ssl)));
  open_.push_back(connection.get());
  connection->start();
  if (connection->open()) return connection;
  ++places_;  // the caller's again
  error = ENOMEM;
  return nullptr;
}

void UpstreamPool::keep(UpstreamConnection& connection) {
  if (stopped_ || kept_.size() >= kMostKept) return connection.close();
  // Others wait for a place: this connection is one.
  while (!queue_.empty()) {
    if (!connection.silent()) return connection.close();
    const ExchangePtr next = std::move(queue_.front());
    queue_.pop_front();
    if (!next->asker_) continue;
    next->use_kept(connection);
    return;
  }
  kept_.emplace_back(&connection);
}

void UpstreamPool::gone(UpstreamConnection& connection) {
  std::erase(open_, &connection);
  const auto kept = std::find(kept_.begin(), kept_.end(), &connection);
  if (kept != kept_.end()) kept_.erase(kept);
  leave();
}

}  // namespace martd::client
