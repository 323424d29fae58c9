#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "proxy/failure.h"
#include "push/ending.h"

namespace martd::http {

/// A figure that one loop counts and any thread may read. No locked instruction: only its loop writes.
class Counter {
 public:
  void add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  void sub(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - count, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What one loop counts since the start; `…_held` are what is there now.
struct Counters {
  Counter connections_accepted;
  Counter requests;
  Counter refusals;  ///< answers from 400 on
  Counter polls_held, event_streams_held, line_streams_held;
  Counter poll_deliveries, event_deliveries, line_deliveries;  ///< batches given to a subscriber
  Counter missed;                                              ///< notices of a loss
  Counter fell_behind;                                         ///< times a stream was too slow for its outbox
  std::array<Counter, push::kEndings> endings;
  std::array<Counter, 6>
      proxied_by_class;  ///< answers to forwarded requests by the first digit of their status; [0]: none
  std::array<Counter, proxy::kFailures> proxy_failures;
};

}  // namespace martd::http
