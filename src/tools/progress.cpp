#include "tools/progress.h"

#include <algorithm>
#include <cstdio>

namespace martd::tools {
namespace {

using Seconds = std::chrono::duration<double>;

std::string rate(std::uint64_t count, Seconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f a second", static_cast<double>(count) / std::max(time.count(), 1e-6));
  return text;
}

}  // namespace

std::string Progress::sent(Clock::time_point now) {
  ++count_;
  const Clock::duration since = now - shown_;
  if (since < std::chrono::milliseconds(200)) return {};
  std::string line = "\r" + std::to_string(count_) + " sent, " + rate(count_ - count_shown_, since) + "\x1b[K";
  shown_ = now;
  count_shown_ = count_;
  any_ = true;
  return line;
}

std::string Progress::summary(Clock::time_point now) const {
  const Seconds all = now - begin_;
  char time[32];
  std::snprintf(time, sizeof time, "%.1f s", all.count());
  return "\r" + std::to_string(count_) + " sent in " + time + ", " + rate(count_, all) + "\x1b[K\n";
}

}  // namespace martd::tools
