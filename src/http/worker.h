#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/upstream_pool.h"
#include "follow/ending_log.h"
#include "follow/push_waiter.h"
#include "forward/page_answer.h"
#include "http/body_budget.h"
#include "http/counters.h"
#include "http/known_heads.h"
#include "http/settings.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_context.h"
#include "push/roster.h"

namespace martd::http {

class Session;

/// The connections of all public listeners together: how many, against --max-connections, and what they send.
struct ConnectionCount {
  std::atomic<std::size_t> open{0};
  BodyBudget bodies;
};

/// One loop of the public side: its sessions, its roster, what it counts. All on the loop's thread but where it says
/// otherwise.
class Worker final : public push::LoopPort {
 public:
  /// `loop`, `hub` and `count` must outlive the worker.
  Worker(push::LoopId id, net::Loop& loop, push::Hub& hub, ConnectionCount& count,
         std::shared_ptr<const Settings> settings);
  ~Worker();

  /// What stands behind; before anything is taken. Without it other paths are nobody's.
  void put_before(std::unique_ptr<client::UpstreamPool> upstream) { upstream_ = std::move(upstream); }
  client::UpstreamPool* upstream() { return upstream_.get(); }
  /// For --inject.
  forward::Pages& pages();
  /// Counts it, and tells the log, but not of every one of many.
  void note_failure(client::Failure failure, std::string_view why);

  /// Takes over an accepted descriptor, on the loop's thread and not from within a session: its request, where it is
  /// there, is served before this returns. `tls` is null for a plain listener.
  /// `operates`: an operator's, who may push past keys and finds room where nobody else does.
  void take(int descriptor, const wire::Address& peer, const std::shared_ptr<const net::TlsContext>& tls,
            bool operates = false);

  /// LoopPort: any thread.
  void ready(push::Channel& channel) override;
  void answered(std::vector<push::Answered> answers) override;

  /// Where the store's answer to a push is to go, for `waiter`; forget() takes it back.
  push::AnswerTo await(follow::PushWaiter& waiter);
  void forget(std::uint64_t ticket) { awaited_.erase(ticket); }
  /// Nobody waits for it any more: a refusal is told to the log.
  void leave_to_log(std::uint64_t ticket);

  /// From the next request on. Any thread. `settings` must live until keep(): every loop is told to use them before any
  /// is woken to keep them, so that all change over in the same moment.
  void use(const Settings& settings);
  /// Owns what it uses, and lets go of what it used before. Any thread.
  void keep(std::shared_ptr<const Settings> settings);

  /// Answers what is held, ends streams, closes idle connections; `done` is called when no session is left.
  void stop(std::function<void()> done);
  /// Closes whatever is still there.
  void abandon();

  push::LoopId id() const { return id_; }
  net::Loop& loop() { return loop_; }
  push::Hub& hub() { return hub_; }
  push::Roster& roster() { return roster_; }
  const Settings& settings() const { return *settings_.load(std::memory_order_acquire); }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  follow::EndingLog& ending_log() { return ending_log_; }
  /// Adds who is held here, the newest connections first, `most` at most; each with its first channel.
  void list_subscribers(std::size_t most, std::vector<push::SubscriberInfo>& out);
  bool stopping() const { return stopping_; }
  /// When the turn that serves subscribers began: no clock is read for each of them.
  Time turn() const { return turn_; }
  /// Sessions of this loop. Any thread.
  std::size_t sessions() const { return session_count_.load(std::memory_order_relaxed); }

  /// Whether a new connection is read before the loop watches it: for an event less, where its request is mostly there
  /// when it is accepted, as behind a proxy or with many at once. Where the last one that was tried had none it costs a
  /// read more, and only every 16th is tried.
  bool tries_at_once() { return at_once_ || ++not_tried_ % 16 == 0; }
  void tried(bool had_request) { at_once_ = had_request; }
  /// Uniform in [least, most].
  Duration random(Duration least, Duration most);
  /// Scratch for the answers of one turn of one session.
  std::string& reply() { return reply_; }
  BodyBudget& bodies() { return count_.bodies; }
  KnownHeads& known_heads() { return known_heads_; }
  /// How much one answer of a long-poll may carry, in bytes of payload: less while many answers wait for slow sockets.
  std::size_t poll_limit() const;

 private:
  friend class Session;
  void serve();
  void arrived(Session& session);
  void answer();
  void gone(Session& session);
  void take_off(Session& session);
  /// Closes the connection that has been coming about for longest. A flood of such then pushes itself out, and no one
  /// else. False: there is none on this loop.
  bool make_room();
  bool none() const { return !sessions_ && !arriving_; }

  push::LoopId id_;
  net::Loop& loop_;
  push::Hub& hub_;
  push::Roster roster_;
  ConnectionCount& count_;
  std::shared_ptr<const Settings> owned_settings_;
  std::atomic<const Settings*> settings_;
  Counters counters_;
  follow::EndingLog ending_log_;

  std::mutex mailbox_mutex_;
  std::vector<push::Channel*>
      mailbox_;  ///< each channel at most once: bounded by the channels that have subscribers here
  std::vector<push::Channel*> serving_;

  std::unique_ptr<client::UpstreamPool> upstream_;  ///< sessions that are gone have let go of it
  std::unique_ptr<forward::Pages> pages_;
  Time failure_told_{};
  std::mutex answers_mutex_;
  std::vector<push::Answered> answers_;  ///< of the store, each to a push that was asked here
  std::unordered_map<std::uint64_t, follow::PushWaiter*> awaited_;  ///< null: left to the log
  std::uint64_t next_ticket_ = 1;

  Session* sessions_ = nullptr;  ///< a list through the sessions that are established
  Session* arriving_ = nullptr;  ///< another of those that are not, the oldest first
  Session** arriving_end_ = &arriving_;
  std::atomic<std::size_t> session_count_{0};
  bool at_once_ = true;  ///< as tried() said last
  std::uint8_t not_tried_ = 0;
  bool stopping_ = false;
  std::function<void()> stopped_;
  Time turn_{};
  std::minstd_rand random_;
  std::string reply_;
  KnownHeads known_heads_;
};

}  // namespace martd::http
