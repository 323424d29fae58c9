#pragma once

#include <chrono>

#include "net/loop.h"
#include "net/timer_wheel.h"

namespace martd::push {
class Hub;
}  // namespace martd::push

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
  void sweep();

  net::Loop& loop_;
  push::Hub& hub_;
  bool stopped_ = false;
};

}  // namespace martd
