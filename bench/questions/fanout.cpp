// What one delivery costs: N event streams on one channel, one message at a time. Publish, await that all got it, next.

#include "../client/publisher.h"
#include "../client/stream_subscriber.h"
#include "questions.h"

namespace bench {

Report fanout(const Options& options) {
  Run run(options);
  StreamCrowd crowd(run, "c0");
  crowd.grow(options.subscribers);
  Publisher publisher(run);
  run.settle();

  const auto publish_for = [&](double seconds) {
    const auto end = now() + from_seconds(seconds);
    while (now() < end) {
      publisher.publish("c0", run.tally.publish());
      run.await_all_received(run.tally.published() * crowd.size());
      run.await([&] { return run.answered == run.tally.published(); }, "the answer to a publish");
    }
  };
  publish_for(options.warmup);
  run.tally.start_measuring();
  const auto before = run.tally.received();
  const Stopwatch watch(run.server);
  publish_for(options.seconds);

  Report report(options);
  report.number("subscribers", static_cast<double>(options.subscribers));
  report.number("size", static_cast<double>(options.size));
  report.cost(watch, static_cast<double>(run.tally.received() - before));
  return report.latency(run.tally.latency());
}

}  // namespace bench
