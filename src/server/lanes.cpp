#include "server/lanes.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "client/upstream_pool.h"
#include "server/sweeper.h"

namespace martd {

struct Lanes::Lane {
  Lane(push::LoopId id, const net::Clock& clock, push::Hub& hub, http::ConnectionCount& connections,
       std::shared_ptr<const http::Settings> settings)
      : loop(clock), worker(id, loop, hub, connections, std::move(settings)) {}

  std::size_t connections() const { return worker.sessions() + coming.load(std::memory_order_relaxed); }

  net::Loop loop;
  http::Worker worker;
  TlsPtr tls;                           ///< the loop's own copy
  std::atomic<std::size_t> coming = 0;  ///< connections that are handed to it
  std::vector<std::unique_ptr<net::Listener>> listeners;
  std::unique_ptr<Sweeper> sweeper;  ///< of the first
  std::thread thread;
};

Lanes::Lanes(unsigned count, const net::Clock& clock, push::Hub& hub, http::ConnectionCount& connections,
             const std::shared_ptr<const http::Settings>& settings, const TlsPtr& tls) {
  for (push::LoopId id = 0; id < count; ++id) {
    lanes_.push_back(std::make_unique<Lane>(id, clock, hub, connections, settings));
    lanes_.back()->tls = tls;
  }
  Lane& first = *lanes_.front();
  first.sweeper = std::make_unique<Sweeper>(first.loop, hub);
  first.loop.post([&first] { first.sweeper->start(); });
}

Lanes::~Lanes() = default;

std::vector<http::Worker*> Lanes::workers() {
  std::vector<http::Worker*> workers;
  for (auto& lane : lanes_) workers.push_back(&lane->worker);
  return workers;
}

void Lanes::put_before(const client::Site& site, const std::shared_ptr<const net::TlsClient>& tls,
                       std::size_t connections) {
  const std::size_t most = std::max<std::size_t>(connections / lanes_.size(), 1);
  for (auto& lane : lanes_) {
    auto pool = std::make_unique<client::UpstreamPool>(lane->loop, site, tls, most);
    pool->use(lane->worker.settings().upstream_timeouts);
    lane->worker.put_before(std::move(pool));
  }
}

void Lanes::listen(const std::vector<PublicSocket>& sockets) {
  for (auto& lane : lanes_)
    for (const PublicSocket& listener : sockets) {
      lane->listeners.push_back(std::make_unique<net::Listener>(
          lane->loop, listener.socket,
          [this, &here = *lane, tls = listener.tls](int descriptor, const wire::Address& peer) {
            accept(here, descriptor, peer, tls);
          }));
      lane->listeners.back()->start();
    }
}

/// Connections go to the loop that has the fewest, wherever they came in. By a call even where that is this loop: who
/// came in last would else be there before those who were handed over, and be the first to make way for them.
void Lanes::accept(Lane& here, int descriptor, const wire::Address& peer, bool tls) {
  if (lanes_.size() == 1) return here.worker.accept(descriptor, peer, tls ? here.tls : nullptr);
  hand_over(least_busy(here), descriptor, peer, tls);
}

/// The one with the fewest connections; `here` where no other has fewer. Any thread.
Lanes::Lane& Lanes::least_busy(Lane& here) {
  Lane* least = &here;
  for (const auto& lane : lanes_)
    if (lane->connections() < least->connections()) least = lane.get();
  return *least;
}

/// A connection that was accepted goes to that loop, on its next turn. Any thread.
void Lanes::hand_over(Lane& to, int descriptor, const wire::Address& peer, bool tls) {
  to.coming.fetch_add(1, std::memory_order_relaxed);
  to.loop.post([&to, descriptor, peer, tls] {
    to.coming.fetch_sub(1, std::memory_order_relaxed);
    to.worker.accept(descriptor, peer, tls ? to.tls : nullptr);
  });
}

void Lanes::start() {
  try {
    for (auto& lane : lanes_) lane->thread = std::thread([&loop = lane->loop] { loop.run(); });
  } catch (const std::exception&) {
    for (auto& lane : lanes_) {
      lane->loop.stop();
      if (lane->thread.joinable()) lane->thread.join();
    }
    throw;
  }
}

void Lanes::join() {
  for (auto& lane : lanes_) lane->thread.join();
}

void Lanes::use(const TlsPtr& tls) {
  for (auto& lane : lanes_) lane->loop.post([&lane = *lane, tls] { lane.tls = tls; });
}

void Lanes::use(const std::shared_ptr<const http::Settings>& settings) {
  for (auto& lane : lanes_) lane->worker.use(*settings);
  for (auto& lane : lanes_) lane->worker.keep(settings);
}

void Lanes::stop(const std::vector<PublicSocket>& sockets, const std::function<void()>& served) {
  for (const PublicSocket& listener : sockets)
    listener.socket.refuse([this, &listener](int descriptor, const wire::Address& peer) {
      hand_over(least_busy(*lanes_.front()), descriptor, peer, listener.tls);
    });
  for (auto& lane : lanes_)
    lane->loop.post([&lane = *lane, served] {
      for (auto& listener : lane.listeners) listener->stop();
      // One more turn: who came in last may have asked already.
      lane.loop.post([&lane, served] { lane.worker.stop(served); });
    });
}

void Lanes::finish() {
  for (auto& lane : lanes_)
    lane->loop.post([&lane = *lane] {
      if (lane.sweeper) lane.sweeper->stop();
      lane.worker.abandon();
      // One more turn for what the last connections left behind.
      lane.loop.post([&lane] { lane.loop.stop(); });
    });
}

}  // namespace martd
