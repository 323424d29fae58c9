#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "clock.h"
#include "histogram.h"

namespace bench {

/// How far one subscriber has come: the next sequence number that it must see, for each publisher on its own,
/// because what two connections publish has no order between them.
using Progress = std::vector<std::uint32_t>;

/// What was published and what has arrived, of all subscribers together. Every payload is `#` and ten digits, its
/// sequence number, filled up to the size; message s is publisher (s mod publishers)'s.
class Tally {
 public:
  Tally(std::size_t payload_size, std::size_t publishers);

  /// Makes the payload of the next message and notes the time. The bytes are valid until the next call.
  std::string_view publish();

  /// Of a subscriber that sees what is published from now on.
  Progress start() const;

  /// A payload has come. Throws when it is not, byte for byte, the next one.
  void receive(Progress& progress, std::string_view payload, Nanoseconds at);
  /// As receive(), for payloads inside other text, JSON for example: each must be whole.
  void receive_within(Progress& progress, std::string_view text, Nanoseconds at);

  std::uint64_t published() const { return published_; }
  std::uint64_t received() const { return received_; }
  const Histogram& latency() const { return latency_; }
  Nanoseconds last_receipt() const { return last_receipt_; }
  /// Forgets the latencies, not the numbers: what was before was the warm-up.
  void start_measuring();

 private:
  static constexpr std::size_t kHead = 11;

  std::string_view payload(std::uint32_t sequence);

  std::size_t size_;
  std::uint32_t publishers_;
  std::string payload_;
  std::vector<Nanoseconds> published_at_;
  std::uint64_t published_ = 0;
  std::uint64_t received_ = 0;
  Nanoseconds last_receipt_ = 0;
  Histogram latency_;
};

}  // namespace bench
