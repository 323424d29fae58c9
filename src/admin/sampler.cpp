#include "admin/sampler.h"

#include <utility>

#include "admin/process_figures.h"
#include "admin/statistics.h"
#include "base/json_writer.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

constexpr auto kEvery = 1s;
constexpr std::size_t kSeconds = 300;

}  // namespace

void Sampler::start() {
  thread_ = std::thread([this] { run(); });
}

void Sampler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Sampler::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void Sampler::run() {
  auto next = std::chrono::steady_clock::now();
  for (;;) {
    const auto look = look_();
    if (!look) return;
    add(*look);
    next += kEvery;
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, next, [this] { return stopped_; })) return;
  }
}

void Sampler::add(const Look& look) {
  bool asked = false;
  {
    const std::lock_guard lock(mutex_);
    asked = std::exchange(asked_, false);
  }
  std::shared_ptr<const std::string> stats;
  if (asked) stats = std::make_shared<const std::string>(stats_json(look.figures, read_process_figures()));
  std::uint64_t delivered = 0;
  std::size_t subscribers = 0;
  for (const TransportFigures& transport : look.figures.transports) {
    delivered += transport.deliveries;
    subscribers += transport.held;
  }
  const std::lock_guard lock(mutex_);
  const std::uint64_t before = pushes_.total();
  pushes_.record(look.figures.published_total, look.at);
  seconds_.push_back({look.at, pushes_.total() - before, delivered - delivered_total_, subscribers});
  if (seconds_.size() > kSeconds) seconds_.pop_front();
  delivered_total_ = delivered;
  if (!stats) return;
  tick_ = {tick_.number + 1, std::move(stats)};
  changed_.notify_all();
}

void Sampler::sleep(std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return stopped_; });
}

PushHistory Sampler::pushes() const {
  const std::lock_guard lock(mutex_);
  return pushes_;
}

std::string Sampler::recent_json() const {
  std::string out;
  JsonObject json(out);
  const std::lock_guard lock(mutex_);
  json.array("seconds", seconds_, [](std::string& text, const Second& second) {
    JsonArray(text)
        .seconds(second.at.time_since_epoch())
        .number(second.pushed)
        .number(second.delivered)
        .number(second.subscribers)
        .end();
  });
  json.end();
  return out;
}

std::optional<Sampler::Tick> Sampler::after(std::uint64_t seen, std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  asked_ = true;
  changed_.wait_for(lock, patience, [&] { return stopped_ || tick_.number > seen; });
  if (stopped_ || tick_.number <= seen) return std::nullopt;
  return tick_;
}

}  // namespace martd::admin
