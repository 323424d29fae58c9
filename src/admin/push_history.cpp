#include "admin/push_history.h"

#include <algorithm>

namespace martd::admin {

void CountRing::add(std::uint64_t count, Time now) {
  const auto size = static_cast<std::int64_t>(counts_.size());
  const std::int64_t bucket = bucket_of(now);
  // Buckets in which nothing was added are empty, however long ago the last one was.
  for (std::int64_t i = std::max(newest_ + 1, bucket - size + 1); i <= bucket; ++i)
    counts_[static_cast<std::size_t>(i % size)] = 0;
  newest_ = std::max(newest_, bucket);
  counts_[static_cast<std::size_t>(newest_ % size)] += count;
}

std::vector<std::uint64_t> CountRing::counts(Time now) const {
  const auto size = static_cast<std::int64_t>(counts_.size());
  const std::int64_t last = std::max(bucket_of(now), newest_);
  std::vector<std::uint64_t> out;
  out.reserve(counts_.size());
  for (std::int64_t bucket = last - size + 1; bucket <= last; ++bucket) {
    const bool kept = bucket >= 0 && bucket <= newest_ && bucket > newest_ - size;
    out.push_back(kept ? counts_[static_cast<std::size_t>(bucket % size)] : 0);
  }
  return out;
}

void PushHistory::record(std::uint64_t total, Time now) {
  const std::uint64_t count = total - total_;
  total_ = total;
  minutes_.add(count, now);
  hours_.add(count, now);
  days_.add(count, now);
}

}  // namespace martd::admin
