#pragma once

#include <cstdint>

#include "base/time.h"
#include "push/push_job.h"

namespace martd::follow {

/// Who waits for the answer to a push that comes later. On its loop's thread.
class PushWaiter {
 public:
  /// `ticket` is one that Waiters::await() gave; it is done with.
  virtual void settled(std::uint64_t ticket, const push::PushAnswer& answer, Time now) = 0;

 protected:
  ~PushWaiter() = default;
};

}  // namespace martd::follow
