#pragma once

#include <cstdint>
#include <string>

#include "clock.h"
#include "dialect.h"
#include "options.h"
#include "poller.h"
#include "server_process.h"
#include "tally.h"

namespace bench {

/// What all parts of one run share. Outlives the subscribers and publishers that it is given to.
struct Run {
  explicit Run(const Options& o);

  const Options& options;
  Poller poller;
  Dialect dialect;
  ServerProcess server;
  Tally tally;
  std::uint64_t opened = 0;    ///< streams whose head has come
  std::uint64_t answered = 0;  ///< publishes answered

  /// Serves sockets until `done()`. Throws when that takes longer than --limit: what is missing by then is lost.
  template <class Done>
  void await(Done done, const char* what) {
    const auto deadline = now() + from_seconds(options.limit);
    while (!done()) {
      poller.turn(100);
      if (now() > deadline) give_up(what);
    }
  }

  /// Serves sockets until the server has nothing left to do.
  void settle();

  void await_all_received(std::uint64_t expected);
  /// Whatever goes on meanwhile.
  void go_on_for(double seconds);

 private:
  [[noreturn]] void give_up(const char* what) const;
};

/// The CPU time of the server and the time on the clock, from one moment to another.
class Stopwatch {
 public:
  explicit Stopwatch(const ServerProcess& server) : server_(server), cpu_(server.cpu()), time_(now()) {}
  Nanoseconds cpu() const { return server_.cpu() - cpu_; }
  Nanoseconds time() const { return now() - time_; }
  Nanoseconds started() const { return time_; }

 private:
  const ServerProcess& server_;
  Nanoseconds cpu_;
  Nanoseconds time_;
};

}  // namespace bench
