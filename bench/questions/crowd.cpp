// What a delivery costs, by how many event streams follow the channel.

#include <stdexcept>

#include "../client/publisher.h"
#include "../client/stream_subscriber.h"
#include "growth.h"
#include "questions.h"

namespace bench {

Report crowd(const Options& options) {
  if (options.levels.empty()) throw std::runtime_error("--levels: how many subscribers, ascending");
  Run run(options);
  StreamCrowd streams(run, "c0");
  Publisher publisher(run);
  Growth cost("cpu_us");
  for (const std::size_t level : options.levels) {
    streams.grow(level);
    run.settle();
    const auto publish_for = [&](double seconds) {
      const auto end = now() + from_seconds(seconds);
      while (now() < end) {
        const auto expected = run.tally.received() + level;
        publisher.publish("c0", run.tally.publish());
        run.await_all_received(expected);
        run.await([&] { return run.answered == run.tally.published(); }, "the answer to a publish");
      }
    };
    publish_for(options.warmup);
    const auto before = run.tally.received();
    const Stopwatch watch(run.server);
    publish_for(options.seconds);
    cost.add(level, static_cast<double>(watch.cpu()) / 1000 / static_cast<double>(run.tally.received() - before));
  }
  Report report(options);
  cost.report(report);
  return report;
}

}  // namespace bench
