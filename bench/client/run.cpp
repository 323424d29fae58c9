#include "run.h"

#include <stdexcept>

namespace bench {

Run::Run(const Options& o)
    : options(o), poller(o.spin), dialect(o.dialect), server(o.pid), tally(o.size, o.publishers) {}

void Run::settle() {
  constexpr Nanoseconds quiet = 20'000'000;
  if (!server.settle(quiet, from_seconds(options.limit), [this] { poller.turn(2); })) {
    throw std::runtime_error("the server does not come to rest");
  }
}

void Run::go_on_for(double seconds) {
  const auto end = now() + from_seconds(seconds);
  await([&] { return now() >= end; }, "the end");
}

void Run::await_all_received(std::uint64_t expected) {
  await([&] { return tally.received() >= expected; }, "messages");
}

void Run::give_up(const char* what) const {
  throw std::runtime_error("lost: waited " + std::to_string(options.limit) + " s for " + what + "; published " +
                           std::to_string(tally.published()) + ", answered " + std::to_string(answered) +
                           ", streams open " + std::to_string(opened) + ", deliveries " +
                           std::to_string(tally.received()));
}

}  // namespace bench
