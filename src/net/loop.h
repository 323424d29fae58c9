#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "net/clock.h"
#include "net/timer_wheel.h"

namespace martd::net {

/// What a loop tells of its descriptor.
class Watched {
 public:
  struct Events {
    bool readable;  ///< something, or the end of it, can be read
    bool writable;
    bool ended;  ///< the peer has ended its side, or the connection is broken: what can be read comes to an end
    bool reset;  ///< it is broken
  };

 protected:
  virtual ~Watched() = default;

 private:
  friend class Loop;
  /// Once for each change (edge-triggered); the object must outlive the turn in which its descriptor is closed.
  virtual void on_events(Events events) = 0;
};

/// One event loop, for one thread: readiness, deadlines, and calls from other threads, by one epoll set
/// (docs/decisions/0060).
///
/// A turn takes what is ready, fires the timers that are due, and then runs the calls that were posted until then. What
/// those post comes in the next turn.
class Loop {
 public:
  /// Throws std::system_error when the process has no descriptors left.
  explicit Loop(const Clock& clock);
  /// Calls that have not run are destroyed.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Turns until stop(), on the calling thread; not at all after it.
  void run();
  /// Any thread.
  void stop();
  /// One turn, which waits for something to do, `wait` at most. False: there was nothing. Loop's thread only.
  bool turn(Duration wait);

  /// Runs `task` on the loop, after everything that is ready now. Any thread.
  template <class Task>
  void post(Task task) {
    post_call(std::make_unique<CallOf<Task>>(std::move(task)));
  }

  /// Watches a descriptor for reading until it is closed, with `writing` or from watch_for_writing() on for that too.
  /// False: the kernel has no room for another (fs.epoll.max_user_watches).
  [[nodiscard]] bool watch(int descriptor, Watched& watched, bool writing = false);
  void watch_for_writing(int descriptor, Watched& watched);
  /// Tells in each turn that there is something to accept, until ignore().
  [[nodiscard]] bool watch_for_connections(int descriptor, Watched& watched);
  /// For a descriptor that stays open. An event of this turn may still come.
  void ignore(int descriptor);

  /// The time of this turn: the clock is read once a turn. Loop's thread only.
  Time now() const { return now_; }
  /// A look at the clock within a turn, which doesn't change now(). For measuring.
  Time read_clock() const { return clock_.now(); }

  /// The timer fires on the loop. Loop's thread only.
  void set(Timer& timer, Time deadline);
  void drop(Timer& timer) { wheel_.drop(timer); }

  /// What one read takes at most. With a head's or a chunk's line before it, it goes on in one segment of TCP, of which
  /// the largest that the kernel makes has 65,160 bytes of Ethernet's and 65,483 of the loopback's. Of 64 KiB the rest
  /// went as a second one, and a megabyte that is passed on cost twice the CPU.
  static constexpr std::size_t kMostRead = std::size_t{60} * 1024;
  using Scratch = std::array<char, kMostRead>;
  /// One buffer for all reads of the loop: what is not consumed in the same turn is the reader's to keep.
  Scratch& scratch() { return scratch_; }

  /// What waits in the outboxes of this loop's connections, in bytes; frames that several share count for each. Loop's
  /// thread only.
  std::size_t outbox_bytes() const { return outbox_bytes_; }
  void count_outbox(std::size_t before, std::size_t after) { outbox_bytes_ += after - before; }

  /// When the loop last came round, ns since 1970 on its clock; it does at least every second. Any thread.
  Time last_turn() const { return Time(Duration(last_turn_.load(std::memory_order_relaxed))); }

  /// By how much timers came late, one observation for each alarm; at least one a second. Any thread may read it.
  const Histogram& lag() const { return lag_; }

 private:
  struct Call {
    virtual ~Call() = default;
    virtual void run() = 0;
  };
  template <class Task>
  struct CallOf final : Call {
    explicit CallOf(Task of) : task(std::move(of)) {}
    void run() override { task(); }
    Task task;
  };

  bool add(int descriptor, std::uint32_t events, Watched* watched);
  void post_call(std::unique_ptr<Call> call);
  void wake();
  int milliseconds_to_wait(Duration wait);
  void dispatch(std::uint32_t flags, Watched& watched);
  bool run_calls();
  void tick();

  const Clock& clock_;
  Time now_;
  int epoll_;
  int wake_;  ///< an eventfd: written to, never read, as the epoll set tells of each write
  TimerWheel wheel_;
  Time alarm_at_;
  std::size_t outbox_bytes_ = 0;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::int64_t> last_turn_{0};
  Histogram lag_;

  std::mutex calls_mutex_;
  std::vector<std::unique_ptr<Call>> calls_;    ///< guarded by it
  std::atomic<bool> asleep_ = false;            ///< it may wait, and has to be woken for a call
  std::vector<std::unique_ptr<Call>> running_;  ///< the loop's alone
  Scratch scratch_;
};

}  // namespace martd::net
