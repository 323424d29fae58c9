#include "net/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace martd::net {

Timer::~Timer() { unlink(); }

void Timer::unlink() {
  if (!at_) return;
  *at_ = next_;
  if (next_) next_->at_ = at_;
  next_ = nullptr;
  at_ = nullptr;
}

TimerWheel::TimerWheel(Time start) : start_(start) {}

std::uint64_t TimerWheel::tick_of(Time time) const {
  return time <= start_ ? 0 : static_cast<std::uint64_t>((time - start_).count()) >> kTickBits;
}

void TimerWheel::link(Timer& timer, std::uint64_t tick) {
  const std::uint64_t slot = tick % kSlots;
  timer.linked_ = tick;
  timer.next_ = slots_[slot];
  if (timer.next_) timer.next_->at_ = &timer.next_;
  timer.at_ = &slots_[slot];
  slots_[slot] = &timer;
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::set(Timer& timer, Time deadline) {
  // Rounded up: it is never early.
  timer.due_ = std::max(tick_of(deadline + Duration((1 << kTickBits) - 1)), now_ + 1);
  // Where it hangs already comes early enough: it is looked at there and moved on.
  if (timer.armed() && timer.linked_ <= timer.due_) return;
  timer.unlink();
  link(timer, std::min(timer.due_, now_ + kSlots - 1));
}

void TimerWheel::advance(Time now) {
  const std::uint64_t target = tick_of(now);
  while (now_ < target) {
    // Jump over what is empty: after a pause there may be many rounds of it.
    const auto following = next();
    if (!following) break;
    const std::uint64_t tick = std::max(tick_of(*following), now_ + 1);
    if (tick > target) break;
    now_ = tick;
    const std::uint64_t slot = tick % kSlots;
    occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    Timer* list = slots_[slot];
    slots_[slot] = nullptr;
    if (list) list->at_ = &list;
    while (list) {
      Timer& timer = *list;
      timer.unlink();
      if (timer.due_ > tick) {
        link(timer, std::min(timer.due_, tick + kSlots - 1));
      } else {
        timer.on_timer(now);
      }
    }
  }
  now_ = std::max(now_, target);
}

std::optional<Time> TimerWheel::next() const {
  // Every linked timer is within the next kSlots ticks, so the first occupied slot from here is the next tick.
  for (std::uint64_t ahead = 1; ahead <= kSlots;) {
    const std::uint64_t slot = (now_ + ahead) % kSlots;
    const std::uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word == 0) {
      ahead += 64 - slot % 64;
      continue;
    }
    ahead += static_cast<std::uint64_t>(std::countr_zero(word));
    return start_ + Duration(static_cast<std::int64_t>((now_ + ahead) << kTickBits));
  }
  return std::nullopt;
}

}  // namespace martd::net
