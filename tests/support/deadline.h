#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace martd::test {

using Clock = std::chrono::steady_clock;

/// How long a test waits for anything before it gives up: far above what any machine needs, so only a fault reaches it.
inline constexpr std::chrono::seconds kPatience{20};

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds patience = kPatience) : at_(Clock::now() + patience) {}

  bool passed() const { return Clock::now() >= at_; }

  /// What is left, for poll(): at least 0.
  int left_ms() const {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(at_ - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count() + 1, 0));
  }

 private:
  Clock::time_point at_;
};

/// Looks until `condition` holds; throws with `what` when it does not in time.
template <class Condition>
void await(const std::string& what, Condition condition) {
  Deadline deadline;
  while (!condition()) {
    if (deadline.passed()) throw std::runtime_error("awaited in vain: " + what);
    ::poll(nullptr, 0, 1);  // lets others run between two looks
  }
}

}  // namespace martd::test
