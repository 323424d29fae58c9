#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "push/ending_fwd.h"

namespace martd::admin {

/// The subscribers of one transport.
struct TransportFigures {
  std::string_view transport;    ///< label in metrics: `poll`, `sse`, `lines`; lives as long as the program
  std::size_t held = 0;          ///< now
  std::uint64_t deliveries = 0;  ///< since the start
};

/// One event loop.
struct LoopFigures {
  Duration since_turn{};        ///< how long ago it last came round; it does at least every second
  std::size_t connections = 0;  ///< now
  HistogramFigures lag;         ///< by how much its timers came late
};

/// Where there is a TLS listener.
struct TlsFigures {
  std::uint64_t handshakes_total = 0;  ///< complete ones, from the beginning
  std::uint64_t resumed_total = 0;     ///< complete ones, by a ticket
  std::uint64_t failures_total = 0;    ///< connections that ended before their handshake was complete
};

/// Where there is an upstream.
struct ProxyFigures {
  std::array<std::uint64_t, 5> requests_total{};  ///< by the class of the status that the client got: 1xx to 5xx
  HistogramFigures duration;                      ///< from the request's head to the last byte of its answer
  std::vector<std::pair<std::string_view, std::uint64_t>> failures_total;  ///< by name: no answer, or no whole one
};

/// Where there is a store.
struct StoreFigures {
  std::string problem;              ///< why no push can be taken now; empty: it can
  std::uint64_t commits_total = 0;  ///< transactions
  std::uint64_t writes_total = 0;   ///< pushes and other changes that were written with them
  std::uint64_t failures_total = 0;
  std::size_t waiting = 0;        ///< changes that are not written yet
  std::size_t waiting_bytes = 0;  ///< what they take
  Duration committing{};          ///< how long the transaction under way has taken
  HistogramFigures commit_duration;
};

/// What the server counts, at one moment. `…_total` since the start, all else now. Sizes in bytes.
///
/// To add a part: a struct of its own here as an optional, which is there when the part is; its series in metrics.cpp,
/// its group in statistics.cpp, and the values where the server fills all this (src/server/operations.cpp).
struct Figures {
  Duration uptime{};
  bool accepting = false;  ///< the public listeners take connections

  std::size_t connections = 0;  ///< of all public listeners
  std::size_t max_connections = 0;
  std::uint64_t connections_total = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t refusals_total = 0;  ///< answers from 400 on

  std::size_t channels = 0;
  std::size_t messages = 0;        ///< kept
  std::size_t backlog_bytes = 0;   ///< what they take, with their channels
  std::size_t follower_bytes = 0;  ///< what those who follow take, up to half of max_memory
  std::size_t max_memory = 0;
  std::size_t bodies_bytes = 0;            ///< what the bodies that are still coming may take
  std::uint64_t bodies_refused_total = 0;  ///< requests whose body found no room

  std::uint64_t published_total = 0;    ///< messages
  std::uint64_t missed_total = 0;       ///< times that a subscriber was told of a loss
  std::uint64_t fell_behind_total = 0;  ///< times that a subscriber was too slow for its outbox
  std::uint64_t stalled_total = 0;      ///< streams that were ended as their peer took nothing any more
  HistogramFigures publish_to_write;

  std::vector<TransportFigures> transports;
  std::array<std::uint64_t, push::kRoomForEndings> endings{};  ///< by push::Ending
  std::vector<LoopFigures> loops;

  std::optional<TlsFigures> tls;
  std::optional<ProxyFigures> proxy;
  std::optional<StoreFigures> store;
};

}  // namespace martd::admin
