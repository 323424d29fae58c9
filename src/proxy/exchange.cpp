#include "proxy/exchange.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/upstream_connection.h"
#include "proxy/upstream_pool.h"

namespace martd::proxy {
namespace {

/// However many addresses there are, each is given this long.
constexpr push::Duration kShortestTry = std::chrono::milliseconds{250};

}  // namespace

Exchange::Exchange(UpstreamPool& pool, Asker& asker, Order order)
    : pool_(pool), asker_(&asker), order_(std::move(order)), whole_(!order_.body) {}

Exchange::~Exchange() = default;

void Exchange::start() {
  deadline_ = pool_.loop().now() + pool_.timeouts().connect;
  obtain();
}

void Exchange::obtain() {
  // Whoever can't be asked twice doesn't get a connection that the site may just be closing.
  if (!asked_again_)
    if (UpstreamConnectionPtr kept = pool_.take_kept(order_.repeatable)) return attach(*kept, true);
  pool_.loop().set(*this, deadline_);
  pool_.admit(*this);
}

/// It has a place for a connection.
void Exchange::admitted() {
  if (!asker_) return pool_.leave();
  if (!endpoints_.empty()) return try_next();
  pool_.endpoints().get([self = ExchangePtr(this)](std::span<const Endpoint> endpoints) { self->have(endpoints); });
}

void Exchange::have(std::span<const Endpoint> endpoints) {
  if (!asker_) return pool_.leave();
  if (endpoints.empty()) {
    pool_.leave();
    return fail_later(Failure::unresolved, {});
  }
  // The last is tried first.
  endpoints_.assign(endpoints.rbegin(), endpoints.rend());
  try_next();
}

void Exchange::try_next() {
  trying_ = endpoints_.back();
  endpoints_.pop_back();
  const push::Time now = pool_.loop().now();
  const auto left = static_cast<std::int64_t>(endpoints_.size()) + 1;
  const push::Time until = std::max(now + kShortestTry, now + (deadline_ - now) / left);
  int error = 0;
  const UpstreamConnectionPtr connection = pool_.connect(trying_, error);
  if (!connection) {
    if (!endpoints_.empty()) return try_next();
    pool_.leave();
    pool_.endpoints().forget();
    const bool no_room = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
    return fail_later(no_room ? Failure::crowded : Failure::refused, std::strerror(error));
  }
  connection->set_deadline(until);
  attach(*connection, false);
}

void Exchange::attach(UpstreamConnection& connection, bool kept) {
  connection_ = &connection;
  kept_ = kept;
  if (kept) trying_ = connection.endpoint();
  connection.carry(*this);
}

void Exchange::connected() {
  connected_ = true;
  pool_.loop().drop(*this);
  if (!kept_) pool_.endpoints().took(trying_);
  endpoints_.clear();
  if (waiting_.empty()) return;
  send(std::exchange(waiting_, {}));
  if (unsent() > 0) return;  // on_room() comes when it is written
  pool_.loop().post([self = ExchangePtr(this)] {
    if (self->asker_) self->asker_->on_room();
  });
}

void Exchange::lost(Failure failure, std::string_view why, bool answer_begun) {
  if (!asker_) return;
  const bool never_connected = failure == Failure::refused || failure == Failure::connect_timeout;
  // Its place among the connections was given back when it closed.
  if (never_connected && !endpoints_.empty()) return pool_.admit(*this);
  if (never_connected) pool_.endpoints().forget();
  if (kept_ && failure == Failure::broken && !answer_begun && order_.repeatable) {
    asked_again_ = true;
    connected_ = false;
    return obtain();
  }
  fail_later(failure, why);
}

void Exchange::fail_later(Failure failure, std::string_view why) {
  pool_.loop().drop(*this);
  // Never from within a call of the asker's.
  pool_.loop().post([self = ExchangePtr(this), failure, text = std::string(why)] { self->fail(failure, text); });
}

void Exchange::fail(Failure failure, std::string_view why) {
  if (Asker* asker = std::exchange(asker_, nullptr)) asker->on_failure(failure, why);
}

void Exchange::on_timer(push::Time) {
  const ExchangePtr alive(this);
  // It waits for a connection of others, for the name's addresses, or for its own last try.
  if (connection_) {
    const UpstreamConnectionPtr connection = std::exchange(connection_, nullptr);
    connection->let_go();
    pool_.endpoints().forget();
  } else if (pool_.forget(*this)) {
    return fail(Failure::crowded, {});
  }
  fail(Failure::connect_timeout, {});
}

void Exchange::abandon() {
  const ExchangePtr alive(this);
  asker_ = nullptr;
  waiting_.clear();
  pool_.loop().drop(*this);
  if (connection_) {
    const UpstreamConnectionPtr connection = std::exchange(connection_, nullptr);
    connection->let_go();
  } else {
    pool_.forget(*this);
  }
}

void Exchange::send(std::string_view bytes) {
  if (bytes.empty() || !asker_) return;
  if (!connected_) {
    waiting_ += bytes;
    return;
  }
  if (!connection_) return;  // its failure is on its way
  // A site that takes no more may have answered: reading finds out.
  connection_->put(bytes);
  connection_->await_answer();
}

void Exchange::end_of_body() {
  whole_ = true;
  if (connected_ && connection_) connection_->await_answer();
}

std::size_t Exchange::unsent() const { return connected_ && connection_ ? connection_->queued() : waiting_.size(); }

void Exchange::end_of_tunnel() {
  if (connection_) connection_->half_close();
}

void Exchange::pause() { paused_ = true; }

void Exchange::resume() {
  if (!std::exchange(paused_, false) || !connection_) return;
  connection_->resume();
}

}  // namespace martd::proxy
