// How long a message is on its way under a steady load: 10,000 event streams, 10 messages a second.

#include "paced.h"
#include "questions.h"

namespace bench {

Report latency(const Options& options) {
  Options steady = options;
  steady.batch = 1;
  Run run(steady);
  StreamCrowd crowd(run, "c0");
  crowd.grow(steady.subscribers);
  Pace pace(run, "c0");
  run.settle();
  pace.run_for(steady.warmup, crowd.size());

  run.tally.start_measuring();
  const auto before = run.tally.received();
  const Stopwatch watch(run.server);
  pace.run_for(steady.seconds, crowd.size());

  Report report(steady);
  report.number("subscribers", static_cast<double>(steady.subscribers));
  report.number("size", static_cast<double>(steady.size));
  report.number("rate", static_cast<double>(steady.rate));
  report.cost(watch, static_cast<double>(run.tally.received() - before));
  return report.latency(run.tally.latency());
}

}  // namespace bench
