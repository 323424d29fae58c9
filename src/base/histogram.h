#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/counter.h"
#include "base/time.h"

namespace martd {

/// Upper bounds of the buckets of all histograms of durations, rising; one more bucket has what is longer.
inline constexpr std::array<Duration, 17> kHistogramBounds{
    std::chrono::microseconds{50},  std::chrono::microseconds{100}, std::chrono::microseconds{250},
    std::chrono::microseconds{500}, std::chrono::milliseconds{1},   std::chrono::microseconds{2500},
    std::chrono::milliseconds{5},   std::chrono::milliseconds{10},  std::chrono::milliseconds{25},
    std::chrono::milliseconds{50},  std::chrono::milliseconds{100}, std::chrono::milliseconds{250},
    std::chrono::milliseconds{500}, std::chrono::seconds{1},        std::chrono::milliseconds{2500},
    std::chrono::seconds{5},        std::chrono::seconds{10},
};

/// What a histogram had at one moment; those of several loops add up.
struct HistogramFigures {
  std::array<std::uint64_t, kHistogramBounds.size() + 1> counts{};  ///< of each bucket alone
  Duration sum{};                                                   ///< of all that was observed

  std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t one : counts) all += one;
    return all;
  }
  HistogramFigures& operator+=(const HistogramFigures& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    sum += other.sum;
    return *this;
  }
};

/// How long something took, counted by one thread and read by any, as Counter.
class Histogram {
 public:
  /// What is negative counts as nothing: two threads may have read their clocks in another order than things happened.
  void add(Duration duration) {
    const auto bound = std::lower_bound(kHistogramBounds.begin(), kHistogramBounds.end(), duration);
    counts_[static_cast<std::size_t>(bound - kHistogramBounds.begin())].add();
    sum_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)));
  }
  HistogramFigures figures() const {
    HistogramFigures figures;
    for (std::size_t i = 0; i < counts_.size(); ++i) figures.counts[i] = counts_[i].value();
    figures.sum = Duration(static_cast<std::int64_t>(sum_.value()));
    return figures;
  }

 private:
  std::array<Counter, kHistogramBounds.size() + 1> counts_;
  Counter sum_;
};

}  // namespace martd
