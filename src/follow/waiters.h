#pragma once

#include <cstdint>
#include <unordered_map>

#include "follow/push_waiter.h"
#include "push/loop_port.h"

namespace martd::follow {

/// Who waits on one loop for answers that come by ticket. On its thread; bounded by the requests that are held.
class Waiters {
 public:
  explicit Waiters(push::LoopId loop) : loop_(loop) {}

  /// A ticket for `waiter`, which is told once; forget() takes it back.
  push::AnswerTo await(PushWaiter& waiter) {
    const std::uint64_t ticket = next_++;
    waiters_.emplace(ticket, &waiter);
    return {loop_, ticket};
  }
  /// Nobody waits for it any more. What was asked stands all the same.
  void forget(std::uint64_t ticket) { waiters_.erase(ticket); }
  /// Another is told in place of who drew it.
  void pass_on(std::uint64_t ticket, PushWaiter& to) {
    if (const auto found = waiters_.find(ticket); found != waiters_.end()) found->second = &to;
  }
  void settle(const push::Answered& answered, Time now) {
    const auto found = waiters_.find(answered.ticket);
    if (found == waiters_.end()) return;
    PushWaiter& waiter = *found->second;
    waiters_.erase(found);
    waiter.settled(answered.ticket, answered.answer, now);
  }

 private:
  push::LoopId loop_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, PushWaiter*> waiters_;
};

}  // namespace martd::follow
