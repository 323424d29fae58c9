#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "http/worker.h"
#include "net/listener.h"
#include "net/loop.h"
#include "server/certificates.h"

namespace martd {

/// A socket that listens, and what its connections speak.
struct Door {
  net::ListenSocket socket;
  bool tls;
};

/// One thread: a loop, its worker, and its share of every door.
struct Lane {
  Lane(push::LoopId id, const net::Clock& clock, push::Hub& hub, http::ConnectionCount& count,
       std::shared_ptr<const http::Settings> settings)
      : loop(clock), worker(id, loop, hub, count, std::move(settings)) {}

  std::size_t connections() const { return worker.sessions() + coming.load(std::memory_order_relaxed); }

  net::Loop loop;
  http::Worker worker;
  TlsPtr tls;                           ///< the loop's own copy
  std::atomic<std::size_t> coming = 0;  ///< connections that are handed to it
  std::vector<std::unique_ptr<net::Listener>> listeners;
  std::thread thread;
};

using Lanes = std::vector<std::unique_ptr<Lane>>;

/// The one with the fewest connections; `here` where no other has fewer. Any thread.
inline Lane& least_busy(const Lanes& lanes, Lane& here) {
  Lane* least = &here;
  for (const auto& lane : lanes)
    if (lane->connections() < least->connections()) least = lane.get();
  return *least;
}

/// A connection that was accepted goes to that loop, on its next turn. Any thread.
inline void hand_over(Lane& to, int descriptor, const wire::Address& peer, bool tls) {
  to.coming.fetch_add(1, std::memory_order_relaxed);
  to.loop.post([&to, descriptor, peer, tls] {
    to.coming.fetch_sub(1, std::memory_order_relaxed);
    to.worker.take(descriptor, peer, tls ? to.tls : nullptr);
  });
}

}  // namespace martd
