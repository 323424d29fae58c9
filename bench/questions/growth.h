#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "../client/report.h"

namespace bench {

/// A figure at rising levels, and how it grows with them.
class Growth {
 public:
  explicit Growth(std::string name) : name_(std::move(name)) {}

  void add(std::size_t level, double value) { points_.emplace_back(static_cast<double>(level), value); }

  /// `NAME_LEVEL` for each level, and from the first to the last `NAME_growth`, the x in 'it grows as n to the x': 0 is
  /// flat, 1 is in proportion. A logarithm shows as some 0.1, and less where the levels are far apart.
  void report(Report& to) const {
    for (const auto& [level, value] : points_) {
      to.number(name_ + "_" + std::to_string(static_cast<std::size_t>(level)), value);
    }
    if (points_.size() < 2) return;
    const auto& [first, at_first] = points_.front();
    const auto& [last, at_last] = points_.back();
    to.number(name_ + "_growth", std::log(at_last / at_first) / std::log(last / first));
  }

 private:
  std::string name_;
  std::vector<std::pair<double, double>> points_;
};

}  // namespace bench
