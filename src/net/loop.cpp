#include "net/loop.h"

#include <algorithm>

namespace martd::net {

Loop::Loop(const Clock& clock)
    : clock_(clock), io_(1), work_(io_.get_executor()), wheel_(clock.now()), alarm_(io_.get_executor()) {
  last_turn_ = clock.now().time_since_epoch().count();
}

void Loop::run() {
  arm();
  io_.run();
}

void Loop::set(Timer& timer, push::Time deadline) {
  wheel_.set(timer, deadline);
  if (deadline < alarm_at_) arm();
}

void Loop::arm() {
  // At least once a second, so that last_turn() says whether the loop is alive.
  const push::Time now = clock_.now();
  const push::Time next = std::min(wheel_.next().value_or(push::Time::max()), now + std::chrono::seconds{1});
  alarm_at_ = next;
  alarm_.expires_after(std::max(next - now, push::Duration{0}));
  alarm_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Loop::tick() {
  const push::Time now = clock_.now();
  last_turn_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  wheel_.advance(now);
  arm();
}

}  // namespace martd::net
