#pragma once

#include "net/loop.h"

namespace martd::net::test {

/// A loop whose turns the test takes: it has begun, and waits.
inline void begin(Loop& loop) {
  loop.post([&loop] { loop.stop(); });
  loop.run();
  loop.io().restart();
}

/// All that is ready now.
inline void turn(Loop& loop) {
  while (loop.io().poll() > 0) {
  }
}

}  // namespace martd::net::test
