#pragma once

#include "base/time.h"

namespace martd::client {

/// How long things may take.
struct Timeouts {
  Duration connect = std::chrono::seconds{5};  ///< until a request is on a connection (--upstream-connect-timeout)
  Duration answer = std::chrono::seconds{60};  ///< without a sign, until the answer's head (--upstream-timeout)
  Duration taking = std::chrono::seconds{60};  ///< a client that takes nothing of an answer; never less
  Duration idle = std::chrono::seconds{30};    ///< a kept connection waits this long for another request
};

}  // namespace martd::client
