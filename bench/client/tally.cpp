#include "tally.h"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace bench {
namespace {

[[noreturn]] void refuse(const char* what, std::string_view payload, std::uint32_t expected) {
  throw std::runtime_error(std::string(what) + ": expected number " + std::to_string(expected) + ", got '" +
                           std::string(payload.substr(0, 40)) + "', " + std::to_string(payload.size()) + " bytes");
}

}  // namespace

Tally::Tally(std::size_t payload_size, std::size_t publishers)
    : size_(payload_size), publishers_(static_cast<std::uint32_t>(publishers)), payload_(payload_size, '.') {
  if (payload_size < kHead + 1) throw std::runtime_error("--size: at least 12");
}

Progress Tally::start() const {
  Progress progress(publishers_);
  for (std::uint64_t next = published_; next < published_ + publishers_; ++next) {
    progress[next % publishers_] = static_cast<std::uint32_t>(next);
  }
  return progress;
}

std::string_view Tally::payload(std::uint32_t sequence) {
  char head[kHead + 1];
  std::snprintf(head, sizeof head, "#%010u", sequence);
  std::memcpy(payload_.data(), head, kHead);
  return payload_;
}

std::string_view Tally::publish() {
  const auto sequence = static_cast<std::uint32_t>(published_++);
  published_at_.push_back(now());
  return payload(sequence);
}

void Tally::receive(Progress& progress, std::string_view payload, Nanoseconds at) {
  std::uint32_t sequence = 0;
  if (payload.size() < kHead || payload[0] != '#' ||
      std::from_chars(payload.data() + 1, payload.data() + kHead, sequence).ptr != payload.data() + kHead) {
    refuse("not one of our messages", payload, progress[0]);
  }
  auto& expected = progress[sequence % publishers_];
  if (sequence > expected) refuse("missing", payload, expected);
  if (sequence < expected) refuse("doubled or out of order", payload, expected);
  if (sequence >= published_at_.size()) refuse("never published", payload, expected);
  // The rest of payload_ never changes.
  if (payload.size() != size_ || std::memcmp(payload.data() + kHead, payload_.data() + kHead, size_ - kHead) != 0) {
    refuse("damaged", payload, expected);
  }
  expected += publishers_;
  ++received_;
  last_receipt_ = at;
  latency_.add(at - published_at_[sequence]);
}

void Tally::receive_within(Progress& progress, std::string_view text, Nanoseconds at) {
  for (auto start = text.find('#'); start != text.npos; start = text.find('#', start + 1)) {
    const auto payload = text.substr(start, size_);
    receive(progress, payload, at);
    start += size_ - 1;
    if (start + 1 < text.size() && text[start + 1] == '.') refuse("longer than published", payload, progress[0]);
  }
}

void Tally::start_measuring() { latency_ = Histogram{}; }

}  // namespace bench
