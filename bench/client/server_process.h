#pragma once

#include <cstdint>
#include <ctime>
#include <vector>

#include "clock.h"

namespace bench {

/// The processes of the server under test, seen from outside: what they have used so far.
/// The family is the root and its descendants at the time of construction.
class ServerProcess {
 public:
  explicit ServerProcess(int root);

  /// User and system time of all threads, those that ended included. From the processes' own CPU clocks, which count
  /// in nanoseconds; /proc/PID/stat has the same in ticks of 10 ms.
  Nanoseconds cpu() const;

  /// Proportional set size: memory that is shared between them is counted once. In bytes.
  std::uint64_t memory() const;

  /// True when the CPU clock has stood nearly still for `quiet`: nothing that was sent is still being worked on.
  /// `meanwhile` is called while it waits, so that the generator can go on reading.
  template <class Meanwhile>
  bool settle(Nanoseconds quiet, Nanoseconds limit, Meanwhile meanwhile) const {
    const auto deadline = now() + limit;
    auto last_moved = now();
    auto seen = cpu();
    while (now() < deadline) {
      meanwhile();
      const auto used = cpu();
      // Timers of a waiting server may tick; work on requests is far more than this.
      if (used - seen > 200'000) {
        last_moved = now();
        seen = used;
      } else if (now() - last_moved > quiet) {
        return true;
      }
    }
    return false;
  }

 private:
  std::vector<int> pids_;
  std::vector<clockid_t> clocks_;
};

}  // namespace bench
