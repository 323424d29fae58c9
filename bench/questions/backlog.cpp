// What it costs that a channel keeps many messages: a publish, the last one for a client that comes back, all of them
// for one that begins.

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../client/event_reader.h"
#include "../client/publisher.h"
#include "growth.h"
#include "questions.h"

namespace bench {
namespace {

constexpr std::size_t kConnections = 8;

/// Asks for what follows a cursor by long-polls, each time the same.
class LastOne final : public Watcher {
 public:
  LastOne(Run& run, std::string channel, std::string cursor)
      : run_(run), channel_(std::move(channel)), cursor_{std::move(cursor), {}} {
    socket_ = Socket::connect(run_.options.port, run_.options.tls);
    run_.poller.add(socket_.fd(), *this);
  }

  void ask() { socket_.write_all(run_.dialect.poll(channel_, cursor_)); }
  void stop() { stopping_ = true; }
  bool waits() const { return waits_; }
  std::uint64_t answers() const { return answers_; }

  void readable() override {
    bool ended = false;
    auto bytes = socket_.read(ended);
    while (!bytes.empty()) {
      body_ += response_.take(bytes);
      if (!response_.is_complete()) continue;
      if (response_.status() != 200) throw std::runtime_error("resume: " + std::to_string(response_.status()));
      Progress newest{static_cast<std::uint32_t>(run_.tally.published() - 1)};
      const auto before = run_.tally.received();
      run_.tally.receive_within(newest, body_, now());
      if (run_.tally.received() != before + 1) throw std::runtime_error("resume: not the last one: " + body_);
      body_.clear();
      response_.restart();
      ++answers_;
      if (stopping_) {
        waits_ = true;
      } else {
        ask();
      }
    }
    if (ended) throw std::runtime_error("the server ended a long-poll connection");
  }

 private:
  Run& run_;
  std::string channel_;
  Cursor cursor_;
  Socket socket_;
  ResponseReader response_;
  std::string body_;
  std::uint64_t answers_ = 0;
  bool stopping_ = false;
  bool waits_ = false;
};

/// Reads all that is kept, by an event stream from its beginning, and breaks off.
class AllOfThem final : public Watcher {
 public:
  AllOfThem(Run& run, const std::string& channel, std::size_t count)
      : run_(run), left_(count), progress_{static_cast<std::uint32_t>(run.tally.published() - count)} {
    socket_ = Socket::connect(run_.options.port, run_.options.tls);
    run_.poller.add(socket_.fd(), *this);
    socket_.write_all(run_.dialect.stream(channel, "0"));
  }

  bool done() const { return left_ == 0; }

  void readable() override {
    bool ended = false;
    auto bytes = socket_.read(ended);
    while (!bytes.empty()) {
      events_.feed(response_.take(bytes), [&](std::string_view payload) {
        run_.tally.receive(progress_, payload, now());
        --left_;
      });
    }
    if (ended) throw std::runtime_error("the server ended a stream");
  }

 private:
  Run& run_;
  std::size_t left_;
  Progress progress_;
  Socket socket_;
  ResponseReader response_;
  EventReader events_;
};

/// Publishes one after the other on one connection, so that their order is known, some at a time.
void publish(Run& run, Publisher& publisher, const std::string& to, std::size_t count) {
  while (count > 0) {
    std::string requests;
    const std::size_t some = std::min(count, run.options.batch);
    for (std::size_t i = 0; i < some; ++i) requests += run.dialect.publish(to, run.tally.publish());
    publisher.send(requests);
    run.await([&] { return run.answered == run.tally.published(); }, "the answers to the publishes");
    count -= some;
  }
}

/// The CPU time of each of what `work` does until the time is over; it returns how many that were.
template <class Work>
double cost_of(Run& run, Work work) {
  const auto until = [&](double seconds) {
    const auto end = now() + from_seconds(seconds);
    std::size_t count = 0;
    while (now() < end) count += work();
    return count;
  };
  until(run.options.warmup);
  const Stopwatch watch(run.server);
  const auto count = until(run.options.seconds);
  return static_cast<double>(watch.cpu()) / 1000 / static_cast<double>(count);
}

}  // namespace

Report backlog(const Options& options) {
  if (options.levels.empty()) throw std::runtime_error("--levels: how many messages are kept, ascending");
  Run run(options);
  Publisher publisher(run);
  Growth publish_cost("publish_us");
  Growth last_cost("last_us");
  Growth all_cost("all_us");
  Growth memory("bytes_each");
  for (const std::size_t level : options.levels) {
    const std::string channel = "b" + std::to_string(level);
    const std::string to = channel + "&size=" + std::to_string(level);
    run.settle();
    const auto memory_before = run.server.memory();
    publish(run, publisher, to, level);
    run.settle();
    if (level >= 1000) {
      memory.add(level, (static_cast<double>(run.server.memory()) - static_cast<double>(memory_before)) /
                            static_cast<double>(level));
    }
    publish_cost.add(level, cost_of(run, [&] {
                       publish(run, publisher, to, options.batch);
                       return options.batch;
                     }));

    // Of a client that has seen all but the last.
    std::vector<std::unique_ptr<LastOne>> askers;
    const auto before_last = std::to_string(publisher.newest_etag() - 1);
    while (askers.size() < kConnections) {
      askers.push_back(std::make_unique<LastOne>(run, channel, before_last));
      askers.back()->ask();
    }
    const auto answers = [&] {
      std::size_t sum = 0;
      for (const auto& asker : askers) sum += asker->answers();
      return sum;
    };
    last_cost.add(level, cost_of(run, [&] {
                    const auto before = answers();
                    run.await([&] { return answers() >= before + 100; }, "the last one");
                    return answers() - before;
                  }));
    for (const auto& asker : askers) asker->stop();
    run.await([&] { return std::all_of(askers.begin(), askers.end(), [](const auto& a) { return a->waits(); }); },
              "the last one");
    askers.clear();

    all_cost.add(level, cost_of(run, [&] {
                   AllOfThem reader(run, channel, level);
                   run.await([&] { return reader.done(); }, "all that is kept");
                   return level;
                 }));
  }
  Report report(options);
  for (const Growth* growth : {&publish_cost, &last_cost, &all_cost, &memory}) growth->report(report);
  return report;
}

}  // namespace bench
