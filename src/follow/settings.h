#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.h"

namespace martd::follow {

/// What those who are held go by. Immutable once in use.
struct Settings {
  std::size_t max_behind = std::size_t{256} << 10;  ///< bytes that wait for one stream's socket
  Duration heartbeat = std::chrono::seconds{15};

  /// A peer that gives no sign of life for so long is gone, in bytes that it doesn't acknowledge or by not answering.
  Duration peer_silence() const { return 2 * heartbeat + std::chrono::seconds{15}; }
  /// A stream whose peer takes nothing of what waits for so long is ended.
  Duration stall() const { return 4 * heartbeat; }
};

}  // namespace martd::follow
