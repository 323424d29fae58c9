#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "push/store.h"

namespace martd::store {

/// What waits to be written, in the order in which it came, and when the one thread that writes is to begin. Any thread
/// adds.
///
/// Publishers that were just answered are likely to push again at once: with several of them, the writer waits for
/// their next for up to half as long as the last transaction took, or else there would be two groups by turns, each
/// with a sync of its own.
class WriteQueue {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMost = 65536;  ///< entries
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMostLazy = 100000;
  /// Entries, and bytes, of one transaction.
  static constexpr std::size_t kBatch = 8192;
  static constexpr std::size_t kBatchBytes = std::size_t{32} << 20;

  // --- any thread ---

  /// It is due when `wait` is over. A lazy one is dropped where kMostLazy of them wait.
  void add(push::StoreEntryPtr entry, bool lazy, Clock::duration wait);
  /// Nothing that is asked for should be added now.
  bool crowded() const;
  /// The writer is to come to its end.
  void stop();
  struct Waiting {
    std::size_t entries;
    std::size_t bytes;  ///< with those that were removed and aren't settled
  };
  Waiting waiting() const;

  // --- the writer's thread ---

  /// Waits until something is due, and then a little for others to join.
  void await_due();
  /// Waits until `end`, or with `or_due` until something is due if that is earlier.
  void await(Clock::time_point end, bool or_due);
  /// Waits for so long, or until something is due or stop() is called.
  void rest(Clock::duration time);
  bool stopping() const;
  bool empty() const;
  /// Moves what one transaction may have to the end of `batch`, or with `all` everything.
  void move_to(std::vector<push::StoreEntryPtr>& batch, bool all);
  /// So many bytes of what was moved are settled.
  void settled(std::size_t bytes);
  /// A transaction took so long, in which so many were waited for by publishers: how many the next one waits for.
  void expect(std::size_t publishers, Clock::duration took);

 private:
  struct Entry {
    push::StoreEntryPtr entry;
    bool lazy;
  };

  void await_locked(std::unique_lock<std::mutex>& lock, Clock::time_point end, bool or_due);
  void await_expected(std::unique_lock<std::mutex>& lock, Clock::time_point until);

  // The writer's thread only.
  std::size_t expected_ = 0;  ///< entries that the next transaction waits for, as long as its patience lasts
  Clock::duration patience_{};

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable wake_;
  std::deque<Entry> entries_;
  std::size_t lazy_ = 0;
  std::size_t bytes_ = 0;
  Clock::time_point due_ = Clock::time_point::max();
  bool sleeping_ = false;
  std::size_t gathering_ = 0;  ///< the writer is to be woken when so many wait; 0: it doesn't wait for that
  bool stopping_ = false;
};

}  // namespace martd::store
