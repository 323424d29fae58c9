// What it costs to wait for the disk: first one publisher, then many at once, who share its syncs. Each sends the next
// when the last is answered; a channel each.

#include <memory>
#include <string>
#include <vector>

#include "../client/publisher.h"
#include "questions.h"

namespace bench {

Report store(const Options& options) {
  Run run(options);
  Report report(options);
  double alone = 0;
  for (const std::size_t count : {std::size_t{1}, options.publishers}) {
    std::vector<std::unique_ptr<Publisher>> publishers;
    bool stopping = false;
    std::uint64_t sent = 0;
    const auto answered = run.answered;
    for (std::size_t i = 0; i < count; ++i) {
      auto& publisher = *publishers.emplace_back(std::make_unique<Publisher>(run));
      const auto send_next = [&, channel = "c" + std::to_string(i)] {
        if (stopping) return;
        publisher.publish(channel, run.tally.publish());
        ++sent;
      };
      publisher.on_answer(send_next);
      send_next();
    }
    run.go_on_for(options.warmup);
    const auto before = run.answered;
    const Stopwatch watch(run.server);
    run.go_on_for(options.seconds);
    const double operations = static_cast<double>(run.answered - before);
    if (count == 1) {
      alone = operations / to_seconds(watch.time());
    } else {
      report.number("publishers", static_cast<double>(count)).number("size", static_cast<double>(options.size));
      report.cost(watch, operations).number("alone_per_second", alone);
      report.number("gain", operations / to_seconds(watch.time()) / alone);
    }
    stopping = true;
    run.await([&] { return run.answered - answered == sent; }, "the answers to the publishes");
  }
  return report;
}

}  // namespace bench
