#pragma once

#include <array>

#include "base/counter.h"
#include "base/histogram.h"
#include "push/ending_fwd.h"

namespace martd::follow {

/// What one loop counts of those who follow, since the start; `…_held` are what is there now.
struct Counters {
  Counter polls_held, event_streams_held, line_streams_held;
  Counter poll_deliveries, event_deliveries, line_deliveries;  ///< batches given to a subscriber
  Counter missed;                                              ///< notices of a loss
  Counter fell_behind;                                         ///< times a stream was too slow for its outbox
  Counter stalled;  ///< streams that were ended as their peer took nothing any more
  std::array<Counter, push::kRoomForEndings> endings;

  /// For each message and loop: from the turn in which its push was read to when the last of this loop's subscribers
  /// was given it, which is the longest any of them waited, less than eight writes left out. Written to the socket, or
  /// to the outbox of one that is slow; not for those that are served from the backlog.
  Histogram publish_to_write;
};

}  // namespace martd::follow
