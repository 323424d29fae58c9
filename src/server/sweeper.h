#pragma once

#include <chrono>

#include "net/loop.h"
#include "net/timer_wheel.h"
#include "push/hub.h"

namespace martd {

/// Lets go of what is over, on one loop. Must outlive that loop's turns, and start() and stop() are called on its
/// thread.
class Sweeper final : private net::Timer {
 public:
  Sweeper(net::Loop& loop, push::Hub& hub) : loop_(loop), hub_(hub) {}
  void start() { loop_.set(*this, loop_.now() + kEvery); }
  void stop() {
    stopped_ = true;
    loop_.drop(*this);
  }

 private:
  static constexpr Duration kEvery = std::chrono::milliseconds{200};
  void on_timer(Time) override { sweep(); }
  void sweep() {
    if (stopped_) return;
    const Time now = loop_.now();
    if (!hub_.sweep(now)) return loop_.set(*this, now + kEvery);
    // Piece by piece, and what is ready is served between two of them.
    loop_.post([this] { sweep(); });
  }

  net::Loop& loop_;
  push::Hub& hub_;
  bool stopped_ = false;
};

}  // namespace martd
