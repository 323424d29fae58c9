#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>

#include "net/clock.h"
#include "net/timer_wheel.h"
#include "push/histogram.h"
#include "push/time.h"

namespace martd::net {

using Executor = boost::asio::io_context::executor_type;

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

/// One event loop, for one thread: readiness, deadlines, and calls from other threads.
///
/// Asio drives it: timers, calls, and whatever isn't one of many. The many, clients' connections, are watched by an
/// epoll set of the loop's own, which is one descriptor to Asio: a connection then costs no operation object and no
/// system call to be watched again (docs/decisions).
class Loop {
 public:
  explicit Loop(const Clock& clock);
  ~Loop();

  /// Until stop(), on the calling thread.
  void run();
  /// Any thread.
  void stop() { io_.stop(); }

  /// Runs `task` on the loop, after everything that is ready now. Any thread.
  template <class Task>
  void post(Task task) {
    boost::asio::post(io_, [this, task = std::move(task)]() mutable {
      refresh();
      task();
    });
  }

  /// Watches a descriptor for reading until it is closed, and from watch_for_writing() on for that too. False: the
  /// kernel has no room for another (fs.epoll.max_user_watches).
  [[nodiscard]] bool watch(int descriptor, Watched& watched);
  void watch_for_writing(int descriptor, Watched& watched);

  boost::asio::io_context& io() { return io_; }
  /// The time of this turn: the clock is read once a turn. Loop's thread only.
  push::Time now() const { return now_; }
  /// A look at the clock within a turn, which doesn't change now(). For measuring.
  push::Time read_clock() const { return clock_.now(); }
  /// Reads the clock. For who comes in from elsewhere than the loop's own calls.
  void refresh() { now_ = clock_.now(); }

  /// The timer fires on the loop. Loop's thread only.
  void set(Timer& timer, push::Time deadline);
  void drop(Timer& timer) { wheel_.drop(timer); }

  /// One buffer for all reads of the loop: what is not consumed in the same turn is the reader's to keep.
  std::array<char, 64 * 1024>& scratch() { return scratch_; }

  /// What waits in the outboxes of this loop's connections, in bytes; frames that several share count for each. Loop's
  /// thread only.
  std::size_t outbox_bytes() const { return outbox_bytes_; }
  void count_outbox(std::size_t before, std::size_t after) { outbox_bytes_ += after - before; }

  /// When the loop last came round, ns since 1970 on its clock; it does at least every second. Any thread.
  push::Time last_turn() const { return push::Time(push::Duration(last_turn_.load(std::memory_order_relaxed))); }

  /// By how much timers came late, one observation for each alarm; at least one a second. Any thread may read it.
  const push::Histogram& lag() const { return lag_; }

 private:
  void arm();
  void tick();
  void await_events();
  void dispatch();

  const Clock& clock_;
  push::Time now_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<Executor> work_;
  boost::asio::posix::basic_stream_descriptor<Executor> events_;  ///< the epoll set
  TimerWheel wheel_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Executor>
      alarm_;
  push::Time alarm_at_ = push::Time::max();
  std::size_t outbox_bytes_ = 0;
  std::atomic<std::int64_t> last_turn_{0};
  push::Histogram lag_;
  std::array<char, 64 * 1024> scratch_;
};

}  // namespace martd::net
