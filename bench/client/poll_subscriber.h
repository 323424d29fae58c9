#pragma once

#include <memory>
#include <string>
#include <vector>

#include "response_reader.h"
#include "run.h"
#include "socket.h"

namespace bench {

/// One long-poll client: as soon as it has an answer it asks again. It checks what it gets by the run's tally.
class PollSubscriber final : public Watcher {
 public:
  PollSubscriber(Run& run, std::string channel)
      : run_(run), channel_(std::move(channel)), progress_(run.tally.start()) {}

  void open();
  void readable() override;

 private:
  void ask();
  void take_answer(std::string_view body, Nanoseconds at);

  Run& run_;
  std::string channel_;
  Socket socket_;
  ResponseReader response_;
  std::string body_;  ///< the begun answer
  Cursor cursor_;
  Progress progress_;
};

/// All long-poll clients of a run.
class PollCrowd {
 public:
  /// On one channel, or with `each` on a channel each: c0, c1, c2…
  PollCrowd(Run& run, bool each) : run_(run), each_(each) {}

  /// Returns when all are held, as far as can be seen from outside: the server has come to rest.
  void grow(std::size_t size);
  std::size_t size() const { return members_.size(); }

 private:
  Run& run_;
  bool each_;
  std::vector<std::unique_ptr<PollSubscriber>> members_;
};

}  // namespace bench
