#pragma once

#include <cstdint>

#include "push/hub.h"

namespace martd::follow {

/// Who waits for what the store answers to a push. On its loop's thread.
class PushWaiter {
 public:
  /// `ticket` is one that Worker::await() gave; it is done with.
  virtual void settled(std::uint64_t ticket, const push::PushAnswer& answer, Time now) = 0;

 protected:
  ~PushWaiter() = default;
};

}  // namespace martd::follow
