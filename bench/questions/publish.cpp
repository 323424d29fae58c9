// What a publish costs that nobody follows: a few keep-alive connections, each sends the next when the last is
// answered.

#include <memory>
#include <vector>

#include "../client/publisher.h"
#include "questions.h"

namespace bench {

Report publish(const Options& options) {
  Run run(options);
  std::vector<std::unique_ptr<Publisher>> publishers;
  bool stopping = false;
  std::uint64_t sent = 0;
  const auto send_next = [&](Publisher& publisher) {
    if (stopping) return;
    publisher.publish("c0", run.tally.publish());
    ++sent;
  };
  for (std::size_t i = 0; i < options.publishers; ++i) {
    auto& publisher = *publishers.emplace_back(std::make_unique<Publisher>(run));
    publisher.on_answer([&] { send_next(publisher); });
  }
  for (auto& publisher : publishers) send_next(*publisher);

  run.go_on_for(options.warmup);
  const auto before = run.answered;
  const Stopwatch watch(run.server);
  run.go_on_for(options.seconds);
  Report report(options);
  report.number("publishers", static_cast<double>(options.publishers));
  report.number("size", static_cast<double>(options.size));
  report.cost(watch, static_cast<double>(run.answered - before));
  stopping = true;
  run.await([&] { return run.answered == sent; }, "the answers to the publishes");
  return report;
}

}  // namespace bench
