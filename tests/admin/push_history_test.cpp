#include "admin/push_history.h"

#include <doctest/doctest.h>

#include <numeric>

namespace martd::admin {
namespace {

using namespace std::chrono_literals;
using Counts = std::vector<std::uint64_t>;

/// The beginning of a UTC day.
constexpr Time kMidnight{std::chrono::seconds{86400 * 20000}};

TEST_CASE("count ring: counts fall into the bucket of their time, the oldest first") {
  CountRing ring(1min, 4);
  ring.add(1, kMidnight);
  ring.add(2, kMidnight + 59s);
  ring.add(4, kMidnight + 60s);
  CHECK(ring.counts(kMidnight + 60s) == Counts{0, 0, 3, 4});
  CHECK(ring.counts(kMidnight + 3min) == Counts{3, 4, 0, 0});
}

TEST_CASE("count ring: what is older than the ring is gone, and buckets that nothing came in are empty") {
  CountRing ring(1min, 4);
  for (int minute = 0; minute < 4; ++minute) ring.add(1, kMidnight + minute * 1min);
  ring.add(5, kMidnight + 5min);
  CHECK(ring.counts(kMidnight + 5min) == Counts{1, 1, 0, 5});
  CHECK(ring.counts(kMidnight + 8min) == Counts{5, 0, 0, 0});
  CHECK(ring.counts(kMidnight + 9min) == Counts{0, 0, 0, 0});
  ring.add(7, kMidnight + 24h);
  CHECK(ring.counts(kMidnight + 24h) == Counts{0, 0, 0, 7});
}

TEST_CASE("count ring: an empty one is all zeros, also at the beginning of time") {
  const CountRing ring(1min, 3);
  CHECK(ring.counts(kMidnight) == Counts{0, 0, 0});
  CHECK(ring.counts(Time{}) == Counts{0, 0, 0});
}

TEST_CASE("push history: totals become counts by minute, hour and day") {
  PushHistory pushes;
  std::uint64_t total = 0;
  for (auto at = kMidnight - 1h; at < kMidnight + 1h; at += 10s) pushes.record(total += 3, at);
  const auto now = kMidnight + 59min + 50s;
  CHECK(pushes.total() == total);
  CHECK(pushes.minutes(now) == Counts(60, 18));
  CHECK(pushes.hours(now)[23] == 3 * 360);
  CHECK(pushes.hours(now)[22] == 3 * 360);
  CHECK(pushes.days(now)[29] == 3 * 360);
  CHECK(pushes.days(now)[28] == 3 * 360);
  const Counts days = pushes.days(now);
  CHECK(std::accumulate(days.begin(), days.end(), std::uint64_t{0}) == total);
}

}  // namespace
}  // namespace martd::admin
