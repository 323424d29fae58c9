#pragma once

#include "net/loop.h"

namespace martd::net::test {

/// A loop whose turns the test takes: what was posted before has run.
inline void begin(Loop& loop) { loop.turn(Duration{0}); }

/// All that is ready now.
inline void turn(Loop& loop) {
  while (loop.turn(Duration{0})) {
  }
}

}  // namespace martd::net::test
