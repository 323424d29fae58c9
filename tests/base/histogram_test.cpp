#include "base/histogram.h"

#include <doctest/doctest.h>

using namespace martd;
using namespace std::chrono_literals;

TEST_CASE("histogram: a duration counts in the first bucket whose bound it doesn't pass") {
  Histogram histogram;
  histogram.add(0ns);
  histogram.add(50us);
  histogram.add(50us + 1ns);
  histogram.add(10s);
  histogram.add(10s + 1ns);
  const HistogramFigures figures = histogram.figures();
  CHECK(figures.counts[0] == 2);
  CHECK(figures.counts[1] == 1);
  CHECK(figures.counts[kHistogramBounds.size() - 1] == 1);
  CHECK(figures.counts[kHistogramBounds.size()] == 1);
  CHECK(figures.count() == 5);
  CHECK(figures.sum == 20s + 100us + 2ns);
}

TEST_CASE("histogram: clocks of two loops that were read in the other order count as nothing, not as for ever") {
  Histogram histogram;
  histogram.add(-3us);
  CHECK(histogram.figures().counts[0] == 1);
  CHECK(histogram.figures().sum == 0ns);
}

TEST_CASE("histogram: those of several loops add up") {
  Histogram a, b;
  a.add(1ms);
  b.add(1ms);
  b.add(3s);
  HistogramFigures both = a.figures();
  both += b.figures();
  CHECK(both.count() == 3);
  CHECK(both.counts[4] == 2);
  CHECK(both.sum == 3s + 2ms);
}

TEST_CASE("histogram: bounds rise") {
  for (std::size_t i = 1; i < kHistogramBounds.size(); ++i) CHECK(kHistogramBounds[i - 1] < kHistogramBounds[i]);
}
