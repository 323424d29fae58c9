// What it costs that there are many channels: a publish to any of them, what each takes, and their end.

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "../client/publisher.h"
#include "growth.h"
#include "questions.h"

namespace bench {
namespace {

/// Connections that publish to many channels, each the next when its last is answered.
class Publishers {
 public:
  /// `next` says where the next message goes: what follows `channel=`. Empty: nowhere any more.
  Publishers(Run& run, std::size_t connections, std::function<std::string()> next) : run_(run), next_(std::move(next)) {
    while (publishers_.size() < connections) {
      auto& publisher = *publishers_.emplace_back(std::make_unique<Publisher>(run));
      publisher.on_answer([this, &publisher] { send_next(publisher); });
    }
    for (auto& publisher : publishers_) send_next(*publisher);
  }

  bool done() const { return waiting_ == publishers_.size(); }

 private:
  void send_next(Publisher& publisher) {
    const std::string channel = next_();
    if (channel.empty()) {
      ++waiting_;
    } else {
      publisher.publish(channel, run_.tally.publish());
    }
  }

  Run& run_;
  std::function<std::string()> next_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::size_t waiting_ = 0;
};

/// One message in each channel from `first` on, some in one write; `attributes` are asked anew for each write.
void fill(Run& run, std::size_t first, std::size_t end, const std::function<std::string()>& attributes) {
  constexpr std::size_t kSome = 64;
  Publisher publisher(run);
  const auto others = run.answered;
  for (std::size_t sent = 0; first < end;) {
    std::string requests;
    const std::string asked = attributes();
    for (std::size_t i = 0; i < kSome && first < end; ++i, ++sent)
      requests += run.dialect.publish(channel_name(first++) + asked, run.tally.publish());
    publisher.send(requests);
    run.await([&] { return run.answered - others == sent; }, "the answers to the first publishes");
  }
  run.settle();
}

Options of_many(const Options& options) {
  if (options.levels.empty()) throw std::runtime_error("--levels: how many channels, ascending");
  Options many = options;
  many.channels = 2;  // or more: etags don't rise from one answer to the next
  return many;
}

}  // namespace

Report channels(const Options& given) {
  const Options options = of_many(given);
  Run run(options);
  fill(run, 0, 1, [] { return "&size=1"; });
  const auto start = run.server.memory();
  std::size_t there = 1;
  Growth cost("cpu_us");
  Growth memory("bytes_each");
  for (const std::size_t level : options.levels) {
    fill(run, there, level, [] { return "&size=1"; });
    there = level;
    if (level >= 1000) {
      memory.add(level,
                 (static_cast<double>(run.server.memory()) - static_cast<double>(start)) / static_cast<double>(level));
    }
    std::minstd_rand random(1);
    bool stopping = false;
    Publishers publishing(run, options.publishers,
                          [&] { return stopping ? std::string() : channel_name(random() % level) + "&size=1"; });
    run.go_on_for(options.warmup);
    const auto before = run.answered;
    const Stopwatch watch(run.server);
    run.go_on_for(options.seconds);
    cost.add(level, static_cast<double>(watch.cpu()) / 1000 / static_cast<double>(run.answered - before));
    stopping = true;
    run.await([&] { return publishing.done(); }, "the answers to the publishes");
  }
  Report report(options);
  cost.report(report);
  memory.report(report);
  return report;
}

Report sweep(const Options& given) {
  const Options options = of_many(given);
  Run run(options);
  Growth cost("cpu_us");
  Growth longest("pause_max_ms");
  Growth lasted("seconds");
  for (const std::size_t level : options.levels) {
    // All end in the same moment: each has as much life as is left until then.
    const auto end = now() + from_seconds(1 + 40e-6 * static_cast<double>(level));
    fill(run, 0, level, [end] {
      const auto left = (end - now()) / 1'000'000;
      if (left < 100) throw std::runtime_error("the channels could not be filled in time");
      return "&size=1&life=" + std::to_string(left) + "ms";
    });
    // kind pause: what a publish waits for meanwhile. It would be a part of the cost, so that is a run of its own.
    Nanoseconds pause = 0;
    Nanoseconds asked = 0;
    const bool watched = options.kind == "pause";
    bool stopping = false;
    std::unique_ptr<Publishers> asking;
    if (watched) {
      asking = std::make_unique<Publishers>(run, 1, [&] {
        const auto at = now();
        if (asked != 0) pause = std::max(pause, at - asked);
        asked = at;
        return stopping ? std::string() : std::string("other&size=1");
      });
    }
    run.await([&] { return now() >= end - from_seconds(0.05); }, "the end of the channels");
    pause = 0;
    const Stopwatch watch(run.server);
    if (watched) {
      run.await([&] { return now() >= end + from_seconds(0.5 + 10e-6 * static_cast<double>(level)); }, "the end");
      longest.add(level, static_cast<double>(pause) / 1e6);
      stopping = true;
      run.await([&] { return asking->done(); }, "the answers to the publishes");
    } else {
      run.await([&] { return now() >= end; }, "the end of the channels");
      // Longer than a sweep waits for the next.
      constexpr Nanoseconds kQuiet = 400'000'000;
      if (!run.server.settle(kQuiet, from_seconds(options.limit), [&] { run.poller.turn(2); })) {
        throw std::runtime_error("the server does not come to rest");
      }
      cost.add(level, static_cast<double>(watch.cpu()) / 1000 / static_cast<double>(level));
      lasted.add(level, to_seconds(watch.time() - kQuiet));
    }
  }
  Report report(options);
  for (const Growth* growth : {&cost, &lasted, &longest}) growth->report(report);
  return report;
}

}  // namespace bench
