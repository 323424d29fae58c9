#include "client/exchange.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "client/upstream_connection.h"
#include "client/upstream_pool.h"

namespace martd::client {
namespace {

/// An address has this long before the next one is tried beside it (RFC 8305 section 5), less where there are many.
constexpr Duration kStagger = std::chrono::milliseconds{250};

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
    if (UpstreamConnectionPtr kept = pool_.take_kept(order_.repeatable)) return use_kept(*kept);
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

/// With a place for it.
void Exchange::try_next() {
  kept_ = false;
  trying_ = endpoints_.back();
  endpoints_.pop_back();
  int error = 0;
  const UpstreamConnectionPtr connection = pool_.connect(trying_, error);
  if (!connection) {
    if (!endpoints_.empty()) return try_next();
    pool_.leave();
    if (!attempts_.empty()) return arm();
    pool_.endpoints().forget();
    const bool no_room = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
    return fail_later(no_room ? Failure::crowded : Failure::refused, std::strerror(error));
  }
  attempts_.push_back(connection);
  arm();
  connection->carry(*this);
}

/// The next address is due before the end of all patience.
void Exchange::arm() {
  Time due = deadline_;
  if (!endpoints_.empty()) {
    const Time now = pool_.loop().now();
    const auto left = static_cast<std::int64_t>(endpoints_.size()) + 1;
    due = std::min(due, now + std::min(kStagger, std::max((deadline_ - now) / left, Duration{})));
  }
  pool_.loop().set(*this, due);
}

void Exchange::give_up_attempts() {
  for (const UpstreamConnectionPtr& attempt : std::exchange(attempts_, {})) attempt->let_go();
}

void Exchange::use_kept(UpstreamConnection& connection) {
  kept_ = true;
  connection_ = &connection;
  connection.carry(*this);
}

void Exchange::connected(UpstreamConnection& connection) {
  connected_ = true;
  pool_.loop().drop(*this);
  connection_ = &connection;
  trying_ = connection.endpoint();
  std::erase(attempts_, connection_);
  give_up_attempts();
  if (!kept_) pool_.endpoints().took(trying_);
  endpoints_.clear();
  if (waiting_.empty()) return;
  send(std::exchange(waiting_, {}));
  if (unsent() > 0) return;  // on_room() comes when it is written
  pool_.loop().post([self = ExchangePtr(this)] {
    if (self->asker_) self->asker_->on_room();
  });
}

void Exchange::lost(UpstreamConnection& connection, Failure failure, std::string_view why, bool of_no_use) {
  const bool attempt = std::erase(attempts_, &connection) > 0;
  if (connection_ == &connection) connection_.reset();
  if (!asker_) return;
  if (attempt) return lost_attempt(failure, why);
  if (kept_ && of_no_use && order_.repeatable) {
    asked_again_ = true;
    connected_ = false;
    deadline_ = pool_.loop().now() + pool_.timeouts().connect;
    return obtain();
  }
  fail_later(failure, why);
}

/// One of the addresses didn't take the connection. Its place among the connections was given back when it closed.
void Exchange::lost_attempt(Failure failure, std::string_view why) {
  if (failure != Failure::refused) {
    give_up_attempts();
  } else if (!endpoints_.empty()) {
    if (attempts_.empty()) {
      pool_.loop().set(*this, deadline_);
      return pool_.admit(*this);
    }
    if (pool_.enter()) try_next();
    return;
  } else if (!attempts_.empty()) {
    return;  // another one may
  } else {
    pool_.endpoints().forget();
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

void Exchange::on_timer(Time now) {
  const ExchangePtr alive(this);
  if (now < deadline_) {
    if (attempts_.empty() || endpoints_.empty()) return pool_.loop().set(*this, deadline_);
    if (pool_.enter()) return try_next();
    if (!std::exchange(crowded_, true)) {
      // It has to do with the place that it has: the address that was tried gets its part of the time.
      const auto left = static_cast<std::int64_t>(endpoints_.size()) + 1;
      return pool_.loop().set(*this, now + (deadline_ - now) / left);
    }
    crowded_ = false;
    pool_.loop().set(*this, deadline_);
    give_up_attempts();
    return pool_.admit(*this);
  }
  // It waits for a connection of others, for the name's addresses, or for its own last try.
  if (!attempts_.empty()) {
    give_up_attempts();
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
  if (!attempts_.empty()) {
    give_up_attempts();
  } else if (connection_) {
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

void Exchange::tunnel_over() {
  if (connection_) std::exchange(connection_, nullptr)->end();
}

void Exchange::pause() { paused_ = true; }

void Exchange::resume() {
  if (!std::exchange(paused_, false) || !connection_) return;
  connection_->resume();
}

}  // namespace martd::client
