#pragma once

#include "admin/figures.h"
#include "push/ending.h"

namespace martd::admin::test {

using namespace std::chrono_literals;

inline HistogramFigures histogram(std::initializer_list<Duration> durations) {
  Histogram made;
  for (const Duration duration : durations) made.add(duration);
  return made.figures();
}

/// A server without TLS, upstream and store.
inline Figures some_figures() {
  Figures f;
  f.uptime = 90s;
  f.accepting = true;
  f.connections = 7;
  f.published_total = 12345678901;
  f.transports = {{"poll", 1, 10}, {"sse", 2, 20}, {"lines", 3, 30}};
  f.endings[static_cast<std::size_t>(push::Ending::one2one)] = 4;
  f.loops = {{100ms, 3, histogram({1ms})}, {1900ms, 4, {}}};
  f.publish_to_write = histogram({80us, 80us, 3ms, 20s});
  return f;
}

/// One that has everything.
inline Figures all_figures() {
  Figures f = some_figures();
  f.tls = {5, 6, 7};
  f.proxy = {{1, 200, 30, 4, 5}, histogram({2ms, 700ms}), {{"refused", 3}, {"timeout", 0}}};
  f.store = {"", 8, 20, 0, 0, 0, {}, histogram({4ms})};
  return f;
}

}  // namespace martd::admin::test
