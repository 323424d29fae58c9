#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "push/channel.h"
#include "push/push_job.h"

namespace martd::push {

/// Where an answer goes that comes later: to which loop, and by which number that loop knows what was asked.
struct AnswerTo {
  LoopId loop;
  std::uint64_t ticket;
};

/// Whoever asks something that may be answered later. It is asked for a ticket only where that is so, and then the
/// answer will come, once, by LoopPort::answered().
class Tickets {
 public:
  virtual AnswerTo draw() = 0;

 protected:
  ~Tickets() = default;
};

struct Answered {
  std::uint64_t ticket;
  PushAnswer answer;
};

/// Which loops have something new in which channels, and are to be notified (LoopPort::ready) when no lock is held.
using Ready = boost::container::small_vector<std::pair<LoopId, Channel*>, 4>;

/// A loop, as the hub sees it. Called from any thread, without a lock held.
class LoopPort {
 public:
  /// One of its groups has something. `channel` stays until the loop has served it (Roster::serve), which it must do
  /// once for each call.
  virtual void ready(Channel& channel) = 0;
  /// Answers by ticket, in the order of asking. Many at once: a loop that is woken for each would take the processor
  /// from whoever answers for each.
  virtual void answered(std::vector<Answered> answers) = 0;

 protected:
  virtual ~LoopPort() = default;
};

}  // namespace martd::push
