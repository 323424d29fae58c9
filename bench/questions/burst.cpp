// What many messages at a time cost: 1,000 event streams, 1,000 messages a second, published 16 at a time.

#include "paced.h"
#include "questions.h"

namespace bench {

Report burst(const Options& options) {
  Run run(options);
  StreamCrowd crowd(run, "c0");
  crowd.grow(options.subscribers);
  Pace pace(run, "c0");
  run.settle();
  pace.run_for(options.warmup, crowd.size());

  run.tally.start_measuring();
  const auto before = run.tally.received();
  const Stopwatch watch(run.server);
  pace.run_for(options.seconds, crowd.size());
  const auto cpu = watch.cpu();
  const auto time = run.tally.last_receipt() - watch.started();

  Report report(options);
  report.number("subscribers", static_cast<double>(options.subscribers));
  report.number("size", static_cast<double>(options.size));
  report.number("rate", static_cast<double>(options.rate));
  report.number("batch", static_cast<double>(options.batch));
  report.number("publishers", static_cast<double>(options.publishers));
  report.cost(cpu, time, static_cast<double>(run.tally.received() - before));
  // How much longer than the publishing the delivering took: 1 is keeping up.
  report.number("stretch", to_seconds(time) / options.seconds);
  return report.latency(run.tally.latency());
}

}  // namespace bench
