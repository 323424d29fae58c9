#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace martd::forward {

/// Whether who is written to still takes something of what waits for it. Counts bytes; knows no socket and no clock.
class TakeWatch {
 public:
  /// `bytes` more were given, and `waiting` of all that was given haven't been taken yet.
  void gave(std::size_t bytes, std::size_t waiting, Time now, Duration patience) {
    given_ += bytes;
    if (waiting > 0 && !watching()) look(waiting, now + patience);
  }
  /// Nothing waits any more.
  void all_taken() { due_ = kNever; }
  bool watching() const { return due_ != kNever; }
  /// When goes_on() is to be asked; the end of time while nothing waits.
  Time due() const { return due_; }
  /// Whether anything was taken since the last look. If so, it is looked again after `patience`.
  bool goes_on(std::size_t waiting, Time now, Duration patience) {
    const bool took = taken_ != given_ - waiting;
    look(waiting, now + patience);
    return took;
  }

 private:
  static constexpr Time kNever = Time::max();

  void look(std::size_t waiting, Time due) {
    taken_ = given_ - waiting;
    due_ = due;
  }

  std::uint64_t given_ = 0;
  std::uint64_t taken_ = 0;  ///< at the last look; what waited before the first byte was given makes it wrap
  Time due_ = kNever;
};

}  // namespace martd::forward
