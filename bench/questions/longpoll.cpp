// What a long-poll round costs: a message is published, every client gets it and asks again.
// With --rest the polls are surely held before the next message: pushpin keeps none for those who come late.
// On one channel for all, or (--channels as many as --subscribers) on a channel each, published over 8 connections.

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "../client/poll_subscriber.h"
#include "../client/publisher.h"
#include "questions.h"

namespace bench {
namespace {

/// Sends one message to each of many channels over a few connections, the next when the last was answered.
class RoundOfPublishes {
 public:
  RoundOfPublishes(Run& run, std::size_t channels) : run_(run), channels_(channels) {
    const auto connections = std::min<std::size_t>(channels, 8);
    while (publishers_.size() < connections) {
      auto& publisher = *publishers_.emplace_back(std::make_unique<Publisher>(run));
      publisher.on_answer([this, &publisher] { send_next(publisher); });
    }
  }

  void send(std::string_view payload) {
    payload_ = payload;
    next_ = 0;
    for (auto& publisher : publishers_) send_next(*publisher);
  }

 private:
  void send_next(Publisher& publisher) {
    if (next_ < channels_) publisher.publish(channel_name(next_++), payload_);
  }

  Run& run_;
  std::size_t channels_;
  std::size_t next_ = 0;
  std::string payload_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
};

}  // namespace

Report longpoll(const Options& options) {
  const bool each = options.channels > 1;
  if (each && options.channels != options.subscribers) {
    throw std::runtime_error("--channels: 1, or as many as --subscribers");
  }
  Run run(options);
  PollCrowd crowd(run, each);
  crowd.grow(options.subscribers);
  RoundOfPublishes publishes(run, options.channels);

  // What is received is answered at once with the next poll, so when all have received, all have asked.
  const auto round = [&] {
    publishes.send(run.tally.publish());
    run.await_all_received(run.tally.published() * crowd.size());
    run.await([&] { return run.answered == run.tally.published() * options.channels; }, "the answers to the publishes");
  };
  // The first round gives each client its cursor; from then on nothing can fall between two polls.
  round();
  run.settle();
  const auto rounds_for = [&](double seconds) {
    const auto end = now() + from_seconds(seconds);
    while (now() < end) {
      round();
      if (options.rest) run.settle();
    }
  };
  rounds_for(options.warmup);
  run.tally.start_measuring();
  const auto before = run.tally.received();
  const Stopwatch watch(run.server);
  rounds_for(options.seconds);

  Report report(options);
  report.number("subscribers", static_cast<double>(options.subscribers));
  report.number("channels", static_cast<double>(options.channels));
  report.number("size", static_cast<double>(options.size));
  report.cost(watch, static_cast<double>(run.tally.received() - before));
  return report.latency(run.tally.latency());
}

}  // namespace bench
