#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace martd::admin {

/// Counts in buckets of equal width, the newest so and so many; older ones are written over. Not thread-safe.
class CountRing {
 public:
  CountRing(Duration width, std::size_t buckets) : width_(width), counts_(buckets) {}

  /// `now` never goes back.
  void add(std::uint64_t count, Time now);
  /// The oldest first; the last one is the bucket that `now` is in, which isn't over yet. A bucket begins at a whole
  /// multiple of the width since 1970: minutes, hours and days of UTC.
  std::vector<std::uint64_t> counts(Time now) const;

 private:
  std::int64_t bucket_of(Time now) const { return now.time_since_epoch() / width_; }

  Duration width_;
  std::vector<std::uint64_t> counts_;
  std::int64_t newest_ = 0;  ///< bucket number
};

/// How many messages were pushed in each of the last minutes, hours and days. Not thread-safe.
class PushHistory {
 public:
  /// `total`: since the start, as it is at `now`.
  void record(std::uint64_t total, Time now);

  std::uint64_t total() const { return total_; }
  std::vector<std::uint64_t> minutes(Time now) const { return minutes_.counts(now); }  ///< 60
  std::vector<std::uint64_t> hours(Time now) const { return hours_.counts(now); }      ///< 24
  std::vector<std::uint64_t> days(Time now) const { return days_.counts(now); }        ///< 30

 private:
  std::uint64_t total_ = 0;
  CountRing minutes_{std::chrono::minutes{1}, 60};
  CountRing hours_{std::chrono::hours{1}, 24};
  CountRing days_{std::chrono::hours{24}, 30};
};

}  // namespace martd::admin
