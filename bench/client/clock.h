#pragma once

#include <cstdint>
#include <ctime>

namespace bench {

using Nanoseconds = std::int64_t;

inline Nanoseconds now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * Nanoseconds{1'000'000'000} + t.tv_nsec;
}

constexpr Nanoseconds from_seconds(double seconds) { return static_cast<Nanoseconds>(seconds * 1e9); }
constexpr double to_seconds(Nanoseconds n) { return static_cast<double>(n) / 1e9; }

}  // namespace bench
