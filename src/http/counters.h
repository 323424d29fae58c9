#pragma once

#include "base/counter.h"
#include "follow/counters.h"
#include "forward/counters.h"

namespace martd::http {

/// What one loop counts since the start.
struct Counters : follow::Counters, forward::Counters {
  Counter connections_accepted;
  Counter tls_handshakes, tls_resumed;  ///< that were completed: from the beginning, by a ticket
  Counter tls_failures;                 ///< connections that ended before their handshake was complete
  Counter requests;
  Counter refusals;        ///< answers from 400 on
  Counter bodies_refused;  ///< requests whose body found no room (BodyBudget)
};

}  // namespace martd::http
