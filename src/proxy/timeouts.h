#pragma once

#include "push/time.h"

namespace martd::proxy {

/// How long things may take.
struct Timeouts {
  push::Duration connect =
      std::chrono::seconds{5};  ///< until a request is on a connection (--upstream-connect-timeout)
  push::Duration answer = std::chrono::seconds{60};  ///< without a sign, until the answer's head (--upstream-timeout)
  push::Duration taking = std::chrono::seconds{60};  ///< a client that takes nothing of an answer; never less
  push::Duration idle = std::chrono::seconds{30};    ///< a kept connection waits this long for another request
};

}  // namespace martd::proxy
