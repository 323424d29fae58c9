#pragma once

#include "net/clock.h"

namespace martd::net::test {

/// A clock that a test puts forward: a time-out of a minute is over at once. Between the steps time goes on. One
/// thread.
class StepClock final : public Clock {
 public:
  Time now() const override { return Clock::now() + ahead_; }
  void step(Duration by) { ahead_ += by; }

 private:
  Duration ahead_{0};
};

}  // namespace martd::net::test
