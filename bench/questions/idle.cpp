// What it costs to hold a client that waits: event streams, long-polls, or idle keep-alive connections.
// User memory less the start, divided by how many are held, at each level; then the CPU time while nothing happens.

#include <memory>
#include <stdexcept>
#include <vector>

#include "../client/poll_subscriber.h"
#include "../client/publisher.h"
#include "../client/stream_subscriber.h"
#include "questions.h"

namespace bench {
namespace {

/// A connection that asked for something once and now waits. Whatever comes is read and not looked at.
class Held final : public Watcher {
 public:
  explicit Held(Run& run) : socket_(Socket::connect(run.options.port, run.options.tls)) {
    run.poller.add(socket_.fd(), *this);
  }
  void ask(std::string_view request) { socket_.write_all(request); }
  void readable() override {
    bool ended = false;
    received_ += socket_.read(ended).size();
    if (ended) throw std::runtime_error("the server ended an idle connection");
  }
  std::size_t received() const { return received_; }

 private:
  Socket socket_;
  std::size_t received_ = 0;
};

using Holders = std::vector<std::unique_ptr<Held>>;

void hold(Run& run, Holders& holders, std::size_t size) {
  const auto& kind = run.options.kind;
  const auto request = kind == "stream" ? run.dialect.stream("c0", "")
                       : kind == "poll" ? run.dialect.long_held_poll("c0")
                                        : run.dialect.publish("other", std::string(run.options.size, '.'));
  while (holders.size() < size) {
    holders.push_back(std::make_unique<Held>(run));
    holders.back()->ask(request);
    if (holders.size() % run.options.in_flight == 0) run.settle();
  }
  run.settle();
  for (const auto& held : holders) {
    if (kind == "poll") {
      if (held->received() > 0) throw std::runtime_error("a long-poll is not held");
    } else {
      run.await([&held] { return held->received() > 0; }, "the first bytes");
    }
  }
}

}  // namespace

Report idle(const Options& options) {
  if (options.kind != "stream" && options.kind != "poll" && options.kind != "keepalive") {
    throw std::runtime_error("--kind: stream, poll or keepalive");
  }
  Run run(options);
  Holders holders;
  // What the first few of them make the server load or set up once is not memory for each.
  hold(run, holders, 16);
  holders.clear();
  run.settle();
  const auto start = run.server.memory();

  Report report(options);
  report.text("kind", options.kind);
  report.number("start_bytes", static_cast<double>(start));
  std::size_t held_before = 0;
  auto memory_before = start;
  for (const auto level : options.levels) {
    hold(run, holders, level);
    const auto memory = run.server.memory();
    const auto name = std::to_string(level);
    const auto each = [](std::uint64_t more, std::uint64_t less, std::size_t count) {
      return (static_cast<double>(more) - static_cast<double>(less)) / static_cast<double>(count);
    };
    report.number("bytes_each_" + name, each(memory, start, level));
    report.number("bytes_each_more_" + name, each(memory, memory_before, level - held_before));
    memory_before = memory;
    held_before = level;
  }
  const auto level = holders.size();
  const Stopwatch watch(run.server);
  const auto end = now() + from_seconds(options.seconds);
  while (now() < end) run.poller.turn(50);
  report.number("held", static_cast<double>(level));
  report.number("seconds", to_seconds(watch.time()));
  return report.number("cpu_percent", 100 * static_cast<double>(watch.cpu()) / static_cast<double>(watch.time()));
}

}  // namespace bench
