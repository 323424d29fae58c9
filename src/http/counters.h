#pragma once

#include <array>

#include "base/counter.h"
#include "base/histogram.h"
#include "client/failure.h"
#include "push/ending.h"

namespace martd::http {

/// What one loop counts since the start; `…_held` are what is there now.
struct Counters {
  Counter connections_accepted;
  Counter tls_handshakes, tls_resumed;  ///< that were completed: from the beginning, by a ticket
  Counter tls_failures;                 ///< connections that ended before their handshake was complete
  Counter requests;
  Counter refusals;        ///< answers from 400 on
  Counter bodies_refused;  ///< requests whose body found no room (BodyBudget)
  Counter stalled;         ///< streams that were ended as their peer took nothing any more
  Counter polls_held, event_streams_held, line_streams_held;
  Counter poll_deliveries, event_deliveries, line_deliveries;  ///< batches given to a subscriber
  Counter missed;                                              ///< notices of a loss
  Counter fell_behind;                                         ///< times a stream was too slow for its outbox
  std::array<Counter, push::kEndings> endings;
  std::array<Counter, 6> proxied_by_class;  ///< answers to forwarded requests by the first digit of their status; [0]:
                                            ///< none, or one past 599
  std::array<Counter, client::kFailures> proxy_failures;
  Histogram proxied;  ///< from the head of a request to the last byte of its answer; no tunnels

  /// For each message and loop: from the turn in which its push was read to when the last of this loop's subscribers
  /// was given it, which is the longest any of them waited, less than eight writes left out. Written to the socket, or
  /// to the outbox of one that is slow; not for those that are served from the backlog.
  Histogram publish_to_write;
};

}  // namespace martd::http
