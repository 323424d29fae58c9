#include "store/write_queue.h"

#include <algorithm>
#include <utility>

namespace martd::store {

using namespace std::chrono_literals;

namespace {

/// However slow the disk is, nobody waits longer than this for others to join.
constexpr auto kMostPatience = 2ms;

}  // namespace

// --- any thread ---

void WriteQueue::add(push::StoreEntryPtr entry, bool lazy, Clock::duration wait) {
  const auto due = Clock::now() + wait;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (lazy && lazy_ >= kMostLazy) return;
    lazy_ += lazy;
    bytes_ += entry->cost();
    entries_.push_back({std::move(entry), lazy});
    if (due < due_) {
      due_ = due;
      wake = sleeping_;
    }
    if (gathering_ != 0 && entries_.size() >= gathering_) {
      gathering_ = 0;
      wake = true;
    }
  }
  if (wake) wake_.notify_one();
}

bool WriteQueue::crowded() const {
  const std::lock_guard lock(mutex_);
  return entries_.size() - lazy_ >= kMost || bytes_ >= kMostBytes;
}

void WriteQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

WriteQueue::Waiting WriteQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return {entries_.size(), bytes_};
}

// --- the writer's thread ---

void WriteQueue::await_due() {
  std::unique_lock lock(mutex_);
  // Who was answered pushes again at once, and where they are several the last of them wakes this thread, not the
  // first.
  if (expected_ > 1) await_expected(lock, Clock::now() + patience_);
  await_locked(lock, Clock::time_point::max(), true);
  // There is something to write: a little patience for those who are missing, from when it came.
  await_expected(lock, std::min(due_, Clock::now()) + patience_);
  expected_ = 0;
}

void WriteQueue::await(Clock::time_point end, bool or_due) {
  std::unique_lock lock(mutex_);
  await_locked(lock, end, or_due);
  expected_ = 0;
}

void WriteQueue::await_locked(std::unique_lock<std::mutex>& lock, Clock::time_point end, bool or_due) {
  while (!stopping_) {
    const auto until = or_due ? std::min(end, due_) : end;
    if (Clock::now() >= until) break;
    sleeping_ = true;
    if (until == Clock::time_point::max()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, until);
    }
    sleeping_ = false;
  }
}

void WriteQueue::await_expected(std::unique_lock<std::mutex>& lock, Clock::time_point until) {
  if (stopping_ || entries_.size() >= expected_) return;
  gathering_ = expected_;
  wake_.wait_until(lock, until, [this] { return stopping_ || gathering_ == 0; });
  gathering_ = 0;
}

void WriteQueue::rest(Clock::duration time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, time);
}

bool WriteQueue::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool WriteQueue::empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

void WriteQueue::move_to(std::vector<push::StoreEntryPtr>& batch, bool all) {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  while (!entries_.empty() && (all || (batch.size() < kBatch && bytes < kBatchBytes))) {
    bytes += entries_.front().entry->cost();
    lazy_ -= entries_.front().lazy;
    batch.push_back(std::move(entries_.front().entry));
    entries_.pop_front();
  }
  if (entries_.empty()) due_ = Clock::time_point::max();
}

void WriteQueue::settled(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ -= bytes;
}

void WriteQueue::expect(std::size_t publishers, Clock::duration took) {
  const std::lock_guard lock(mutex_);
  // Who is alone doesn't wait: that one is there.
  expected_ = std::min(publishers + entries_.size(), kBatch);
  patience_ = std::min<Clock::duration>(took / 2, kMostPatience);
}

}  // namespace martd::store
