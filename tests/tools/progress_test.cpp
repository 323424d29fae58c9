#include "tools/progress.h"

#include <doctest/doctest.h>

namespace martd::tools {
namespace {

using namespace std::chrono_literals;

TEST_CASE("progress: a line five times a second at most, with the rate since the last one") {
  const Progress::Clock::time_point begin{};
  Progress progress(begin);
  CHECK(progress.clear().empty());
  CHECK(progress.sent(begin + 100ms).empty());
  CHECK(progress.sent(begin + 200ms) == "\r2 sent, 10 a second\x1b[K");
  CHECK(progress.sent(begin + 399ms).empty());
  CHECK(progress.sent(begin + 1200ms) == "\r4 sent, 2 a second\x1b[K");
  CHECK(progress.clear() == "\r\x1b[K");
  CHECK(progress.summary(begin + 2s) == "\r4 sent in 2.0 s, 2 a second\x1b[K\n");
}

}  // namespace
}  // namespace martd::tools
