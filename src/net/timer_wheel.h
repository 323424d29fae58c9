#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace martd::net {

class TimerWheel;

/// One deadline of its owner, linked into the wheel without an allocation. Taken out when it is destroyed.
class Timer {
 public:
  bool armed() const { return at_ != nullptr; }

 protected:
  Timer() = default;
  virtual ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// The deadline is over. The timer is out of the wheel; it may be set again, and the owner may destroy itself.
  virtual void on_timer(Time now) = 0;

 private:
  friend class TimerWheel;
  void unlink();

  Timer* next_ = nullptr;
  Timer** at_ = nullptr;      ///< the pointer that points here: a slot's, or the one before's `next_`
  std::uint64_t due_ = 0;     ///< tick
  std::uint64_t linked_ = 0;  ///< the tick that its slot stands for; never after due_
};

/// All deadlines of one loop: a hashed wheel (Varghese and Lauck, 1987). Setting, moving and dropping a timer is a few
/// pointer writes, and moving a deadline further away only writes the new one: that is what happens with every message
/// that is sent. Ticks of about 16 ms; a timer never fires early, and at most one tick late by the wheel's doing. Not
/// thread-safe; the time comes in.
class TimerWheel {
 public:
  explicit TimerWheel(Time start);

  void set(Timer& timer, Time deadline);
  void drop(Timer& timer) { timer.unlink(); }

  /// Fires all that is due at `now`.
  void advance(Time now);

  /// When advance() is next of use; nothing while no timer is set. May be too early, never too late.
  std::optional<Time> next() const;

 private:
  static constexpr std::uint64_t kSlots = 1024;
  static constexpr int kTickBits = 24;  // 2^24 ns

  std::uint64_t tick_of(Time time) const;
  void link(Timer& timer, std::uint64_t tick);

  Time start_;
  std::uint64_t now_ = 0;  ///< every tick up to this one was fired
  std::array<Timer*, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / 64> occupied_{};  ///< a bit for each slot that may hold something
};

}  // namespace martd::net
