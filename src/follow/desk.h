#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <random>
#include <vector>

#include "follow/counters.h"
#include "follow/ending_log.h"
#include "follow/settings.h"
#include "follow/waiters.h"
#include "net/loop.h"
#include "push/attendance.h"
#include "push/roster.h"

namespace martd::follow {

/// What one loop has for those who are held on it: the channels' subscribers, who waits for an answer, what is counted.
/// All on the loop's thread but where it says otherwise.
class Desk final : public push::LoopPort {
 public:
  /// `loop`, `hub` and `counters` must outlive it; `settings` until use() gives others.
  Desk(push::LoopId id, net::Loop& loop, push::Hub& hub, Counters& counters, const Settings& settings);
  ~Desk() override = default;

  // LoopPort: any thread.

  void ready(push::Channel& channel) override;
  void answered(std::vector<push::Answered> answers) override;

  net::Loop& loop() { return loop_; }
  const net::Loop& loop() const { return loop_; }
  push::Hub& hub() { return hub_; }
  push::Roster& roster() { return roster_; }
  const push::Attendance& attendance() const { return attendance_; }
  Waiters& waiters() { return waiters_; }
  Counters& counters() { return counters_; }
  EndingLog& ending_log() { return ending_log_; }
  const Settings& settings() const { return *settings_.load(std::memory_order_acquire); }
  /// From now on. Any thread.
  void use(const Settings& settings) { settings_.store(&settings, std::memory_order_release); }

  /// When the turn that serves subscribers began: no clock is read for each of them.
  Time turn() const { return turn_; }
  /// Uniform in [least, most].
  Duration random(Duration least, Duration most);
  /// How much one answer of a long-poll may carry, in bytes of payload: less while many answers wait for slow sockets.
  std::size_t poll_limit() const;

  /// What was published before is delivered first.
  void stop(Time now);
  bool stopping() const { return stopping_; }

 private:
  void serve();
  void answer();

  net::Loop& loop_;
  push::Hub& hub_;
  push::Roster roster_;
  push::Attendance attendance_;
  Waiters waiters_;
  Counters& counters_;
  EndingLog ending_log_;
  std::atomic<const Settings*> settings_;

  std::mutex mailbox_mutex_;
  std::vector<push::Channel*>
      mailbox_;  ///< each channel at most once: bounded by the channels that have subscribers here
  std::vector<push::Channel*> serving_;
  std::mutex answers_mutex_;
  std::vector<push::Answered> answers_;  ///< each to something that was asked here

  bool stopping_ = false;
  Time turn_{};
  std::minstd_rand random_;
};

}  // namespace martd::follow
