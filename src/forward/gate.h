#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "client/upstream_pool.h"
#include "follow/desk.h"
#include "forward/counters.h"
#include "forward/page_answer.h"
#include "forward/settings.h"

namespace martd::forward {

/// What one loop has for requests that go to the site. All on the loop's thread but where it says otherwise.
class Gate {
 public:
  /// `desk` and `counters` must outlive it; `settings` until use() gives others. `prefix`: of our own paths.
  Gate(follow::Desk& desk, std::unique_ptr<client::UpstreamPool> pool, Counters& counters, const Settings& settings,
       const std::string& prefix)
      : desk_(desk), pool_(std::move(pool)), counters_(counters), settings_(&settings), pages_(prefix) {}

  follow::Desk& desk() { return desk_; }
  client::UpstreamPool& pool() { return *pool_; }
  Counters& counters() { return counters_; }
  const Settings& settings() const { return *settings_.load(std::memory_order_acquire); }
  /// From now on, but for the pool's time-outs. Any thread.
  void use(const Settings& settings) { settings_.store(&settings, std::memory_order_release); }
  /// For --inject.
  Pages& pages() { return pages_; }
  /// Scratch for what one forwarded request writes in one turn.
  std::string& scratch() { return scratch_; }

  /// Counts it, and tells the log, but not of every one of many.
  void note_failure(client::Failure failure, std::string_view why);

 private:
  follow::Desk& desk_;
  std::unique_ptr<client::UpstreamPool> pool_;
  Counters& counters_;
  std::atomic<const Settings*> settings_;
  Pages pages_;
  Time failure_told_{};
  std::string scratch_;
};

}  // namespace martd::forward
