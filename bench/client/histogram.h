#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "clock.h"

namespace bench {

/// Counts durations in buckets of 1.6 % width: adding one costs no memory and no sorting.
class Histogram {
 public:
  void add(Nanoseconds duration) {
    const auto value = static_cast<std::uint64_t>(duration < 0 ? 0 : duration);
    ++buckets_[index(value)];
    ++count_;
    if (value > max_) max_ = value;
  }

  std::uint64_t count() const { return count_; }
  double max_us() const { return static_cast<double>(max_) / 1000; }

  /// The duration that a part of `share` (0 to 1) does not exceed, in microseconds.
  double quantile_us(double share) const {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > rank) return static_cast<double>(lower_bound(i)) / 1000;
    }
    return max_us();
  }

 private:
  static constexpr unsigned kBits = 6;  ///< buckets in each doubling: 2^6

  static std::size_t index(std::uint64_t value) {
    if (value < (1U << kBits)) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return (static_cast<std::size_t>(shift) << kBits) + static_cast<std::size_t>(value >> shift);
  }

  static std::uint64_t lower_bound(std::size_t index) {
    if (index < (2U << kBits)) return index;
    const auto shift = (index >> kBits) - 1;
    return ((index & ((1U << kBits) - 1)) + (1U << kBits)) << shift;
  }

  std::array<std::uint64_t, 60UL << kBits> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace bench
