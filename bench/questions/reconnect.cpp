// How fast a crowd is back: all event streams break, some messages are published meanwhile, all return at once where
// they were. The time is from the first connection to the last client's last missed message.

#include <algorithm>

#include "../client/publisher.h"
#include "../client/stream_subscriber.h"
#include "questions.h"

namespace bench {

Report reconnect(const Options& options) {
  Run run(options);
  StreamCrowd crowd(run, "c0");
  crowd.grow(options.subscribers);
  Publisher publisher(run);
  const auto publish = [&] {
    publisher.publish("c0", run.tally.publish());
    run.await([&] { return run.answered == run.tally.published(); }, "the answer to a publish");
  };
  // A first message, so that each has something to return after.
  publish();
  run.await_all_received(crowd.size());

  std::vector<Nanoseconds> times;
  Nanoseconds cpu = 0;
  const auto once = [&] {
    run.settle();
    crowd.close();
    run.settle();
    for (std::size_t i = 0; i < options.missed; ++i) publish();
    run.settle();
    const Stopwatch watch(run.server);
    crowd.reopen();
    run.await_all_received(run.tally.published() * crowd.size());
    times.push_back(watch.time());
    cpu += watch.cpu();
  };
  once();
  times.clear();
  cpu = 0;
  const auto end = now() + from_seconds(options.seconds);
  do {
    once();
  } while (now() < end);

  Report report(options);
  std::sort(times.begin(), times.end());
  const auto returns = static_cast<double>(times.size() * crowd.size());
  Nanoseconds sum = 0;
  for (const auto time : times) sum += time;
  report.number("subscribers", static_cast<double>(options.subscribers));
  report.number("missed", static_cast<double>(options.missed));
  report.cost(cpu, sum, returns);
  return report.number("last_served_ms", static_cast<double>(times[times.size() / 2]) / 1e6);
}

}  // namespace bench
