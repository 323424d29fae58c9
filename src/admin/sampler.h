#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "admin/figures.h"
#include "admin/push_history.h"
#include "base/time.h"

namespace martd::admin {

/// Looks at the figures every second: counts the pushes by minute, hour and day, keeps the last minutes for charts, and
/// hands each look to all who watch. So any number of watchers costs one text a second, and none costs none.
/// Thread-safe.
class Sampler {
 public:
  struct Look {
    Time at;
    Figures figures;
  };
  /// `look` is called on the sampler's thread; it returns nothing where the server is gone.
  using Looker = std::function<std::optional<Look>()>;

  explicit Sampler(Looker look) : look_(std::move(look)) {}
  ~Sampler() { stop(); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void start();
  /// Whoever waits is let go. More than once is fine.
  void stop();
  bool stopped() const;

  PushHistory pushes() const;
  /// `{"seconds":[[t,pushed,delivered,subscribers],…]}`, the last five minutes, the oldest first; t since 1970.
  std::string recent_json() const;

  /// What watchers are sent: the statistics as JSON, and which look it was, counted from 1.
  struct Tick {
    std::uint64_t number = 0;
    std::shared_ptr<const std::string> stats;
  };
  /// The newest look after `seen`, waited for up to `patience`. Returns nullopt if there was none, or it has
  /// stopped. The first who asks makes the next looks be written down.
  std::optional<Tick> after(std::uint64_t seen, std::chrono::milliseconds patience) const;

  /// Sleeps for so long, or until it is stopped.
  void sleep(std::chrono::milliseconds patience) const;

  /// One look; for the thread, and for tests.
  void add(const Look& look);

 private:
  struct Second {
    Time at;
    std::uint64_t pushed, delivered;
    std::size_t subscribers;
  };
  void run();

  Looker look_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopped_ = false;
  mutable bool asked_ = false;  ///< somebody watches since the last look
  std::thread thread_;
  PushHistory pushes_;
  std::deque<Second> seconds_;
  std::uint64_t delivered_total_ = 0;
  Tick tick_;
};

}  // namespace martd::admin
