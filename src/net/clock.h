#pragma once

#include <chrono>

#include "base/time.h"

namespace martd::net {

/// Wall-clock time that never goes back: the system's clock at start, and from there the steady one. A step of the
/// system's clock while the server runs doesn't shorten or stretch the life of anything. Thread-safe. Every time-out is
/// measured by it, so whoever gives loops another one decides when they are over.
class Clock {
 public:
  Clock()
      : wall_(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())),
        steady_(std::chrono::steady_clock::now()) {}

  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  virtual Time now() const { return wall_ + (std::chrono::steady_clock::now() - steady_); }
  Time start() const { return wall_; }

 private:
  Time wall_;
  std::chrono::steady_clock::time_point steady_;
};

}  // namespace martd::net
