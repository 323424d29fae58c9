// What a new subscriber costs: accept, read the request, send the head of an event stream, hold it.
// The same number is opened again and again; each time a message shows that all are held, then all break off.

#include "../client/publisher.h"
#include "../client/stream_subscriber.h"
#include "questions.h"

namespace bench {

Report connect(const Options& options) {
  Run run(options);
  StreamCrowd crowd(run, "c0");
  Publisher publisher(run);

  Nanoseconds open_cpu = 0;
  Nanoseconds open_time = 0;
  Nanoseconds close_cpu = 0;
  double opened = 0;
  const auto once = [&] {
    run.settle();
    const Stopwatch opening(run.server);
    crowd.grow(options.subscribers);
    open_time += opening.time();
    run.settle();
    open_cpu += opening.cpu();
    opened += static_cast<double>(crowd.size());

    const auto expected = run.tally.received() + crowd.size();
    publisher.publish("c0", run.tally.publish());
    run.await_all_received(expected);
    run.settle();

    const Stopwatch closing(run.server);
    crowd.clear();
    run.settle();
    close_cpu += closing.cpu();
  };
  const auto repeat_for = [&](double seconds) {
    const auto end = now() + from_seconds(seconds);
    while (now() < end) once();
  };
  repeat_for(options.warmup);
  open_cpu = open_time = close_cpu = 0;
  opened = 0;
  repeat_for(options.seconds);

  Report report(options);
  report.number("subscribers", static_cast<double>(options.subscribers));
  report.cost(open_cpu, open_time, opened);
  return report.number("close_cpu_us", static_cast<double>(close_cpu) / 1000 / opened);
}

}  // namespace bench
