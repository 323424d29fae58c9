#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/upstream_pool.h"
#include "follow/desk.h"
#include "forward/gate.h"
#include "http/body_budget.h"
#include "http/counters.h"
#include "http/known_heads.h"
#include "http/settings.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_context.h"
#include "push/subscriber_info.h"

namespace martd::http {

class Session;

/// The connections of all public listeners together: how many, against --max-connections, and what they send.
struct ConnectionCount {
  std::atomic<std::size_t> open{0};
  BodyBudget bodies;
};

/// One loop of the public side: its sessions, and what they need of their loop. All on the loop's thread but where it
/// says otherwise.
class Worker {
 public:
  /// `loop`, `hub` and `count` must outlive the worker.
  Worker(push::LoopId id, net::Loop& loop, push::Hub& hub, ConnectionCount& count,
         std::shared_ptr<const Settings> settings);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// What stands behind; before anything is taken. Without it other paths are nobody's.
  void put_before(std::unique_ptr<client::UpstreamPool> upstream);
  client::UpstreamPool* upstream() { return gate_ ? &gate_->pool() : nullptr; }
  /// Where there is a site behind.
  forward::Gate& gate() { return *gate_; }

  /// Takes over an accepted descriptor, on the loop's thread and not from within a session: its request, where it is
  /// there, is served before this returns. `tls` is null for a plain listener.
  /// `operates`: an operator's, who may push past keys and finds room where nobody else does.
  void accept(int descriptor, const wire::Address& peer, const std::shared_ptr<const net::TlsContext>& tls,
              bool operates = false);

  /// From the next request on. Any thread. `settings` must live until keep(): every loop is told to use them before any
  /// is woken to keep them, so that all change over in the same moment.
  void use(const Settings& settings);
  /// Owns what it uses, and lets go of what it used before. Any thread.
  void keep(std::shared_ptr<const Settings> settings);

  /// Answers what is held, ends streams, closes idle connections; `done` is called when no session is left.
  void stop(std::function<void()> done);
  /// Closes whatever is still there.
  void abandon();
  bool stopping() const { return desk_.stopping(); }

  net::Loop& loop() { return loop_; }
  push::Hub& hub() { return desk_.hub(); }
  follow::Desk& desk() { return desk_; }
  const Settings& settings() const { return *settings_.load(std::memory_order_acquire); }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  /// Adds who is held here, the newest connections first, `most` at most; each with its first channel.
  void list_subscribers(std::size_t most, std::vector<push::SubscriberInfo>& out);
  /// Sessions of this loop. Any thread.
  std::size_t sessions() const { return session_count_.load(std::memory_order_relaxed); }

  /// Whether a new connection is read before the loop watches it: for an event less, where its request is mostly there
  /// when it is accepted, as behind a proxy or with many at once. Where the last one that was tried had none it costs a
  /// read more, and only every 16th is tried.
  bool tries_at_once() { return at_once_ || ++not_tried_ % 16 == 0; }
  void tried(bool had_request) { at_once_ = had_request; }
  /// Scratch for the answers of one turn of one session.
  std::string& reply() { return reply_; }
  BodyBudget& bodies() { return count_.bodies; }
  KnownHeads& known_heads() { return known_heads_; }

 private:
  friend class Session;
  void arrived(Session& session);
  void closed(Session& session);
  void take_off(Session& session);
  /// Closes the connection that has been coming about for longest. A flood of such then pushes itself out, and no one
  /// else. False: there is none on this loop.
  bool make_room();
  bool none() const { return !sessions_ && !arriving_; }

  net::Loop& loop_;
  ConnectionCount& count_;
  std::shared_ptr<const Settings> owned_settings_;
  std::atomic<const Settings*> settings_;
  Counters counters_;
  follow::Desk desk_;
  std::unique_ptr<forward::Gate> gate_;  ///< sessions that are gone have let go of it

  Session* sessions_ = nullptr;  ///< a list through the sessions that are established
  Session* arriving_ = nullptr;  ///< another of those that are not, the oldest first
  Session** arriving_end_ = &arriving_;
  std::atomic<std::size_t> session_count_{0};
  bool at_once_ = true;  ///< as tried() said last
  std::uint8_t not_tried_ = 0;
  std::function<void()> stopped_;
  std::string reply_;
  KnownHeads known_heads_;
};

}  // namespace martd::http
