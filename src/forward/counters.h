#pragma once

#include <array>

#include "base/counter.h"
#include "base/histogram.h"
#include "client/failure.h"

namespace martd::forward {

/// What one loop counts of requests that go to the site, since the start.
struct Counters {
  std::array<Counter, 6> proxied_by_class;  ///< answers to forwarded requests by the first digit of their status; [0]:
                                            ///< none, or one past 599
  std::array<Counter, client::kFailures> proxy_failures;
  Histogram proxied;  ///< from the head of a request to the last byte of its answer; no tunnels
};

}  // namespace martd::forward
