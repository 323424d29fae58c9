#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace martd::tools {

/// The line that `martd pub -` keeps up to date on a terminal: `1234 sent, 830 a second`. Only makes the texts.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Progress(Clock::time_point begin) : begin_(begin), shown_(begin) {}

  /// One more was sent. The line to write over the one before, or nothing while that is younger than a fifth of a
  /// second. Its rate is that of the time since.
  std::string sent(Clock::time_point now);
  /// The last line, with its end: `1234 sent in 1.5 s, 823 a second`.
  std::string summary(Clock::time_point now) const;
  /// What takes the line away, for other words in its place; nothing where there is none.
  std::string clear() const { return any_ ? "\r\x1b[K" : ""; }

 private:
  Clock::time_point begin_;
  Clock::time_point shown_;
  std::uint64_t count_ = 0;
  std::uint64_t count_shown_ = 0;
  bool any_ = false;
};

}  // namespace martd::tools
