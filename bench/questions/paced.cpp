#include "paced.h"

namespace bench {

Pace::Pace(Run& run, const std::string& channel) : run_(run), channel_(channel), requests_(run.options.publishers) {
  while (publishers_.size() < run.options.publishers) publishers_.push_back(std::make_unique<Publisher>(run));
}

void Pace::run_for(double seconds, std::size_t subscribers) {
  const auto interval = from_seconds(static_cast<double>(run_.options.batch) / static_cast<double>(run_.options.rate));
  const auto end = now() + from_seconds(seconds);
  for (auto due = now(); due < end; due += interval) {
    for (auto left = due - now(); left > 0; left = due - now()) {
      run_.poller.turn(static_cast<int>(left / 1'000'000));
    }
    publish_batch();
  }
  run_.await_all_received(run_.tally.published() * subscribers);
  run_.await([this] { return run_.answered == run_.tally.published(); }, "the answers to the publishes");
}

void Pace::publish_batch() {
  for (std::size_t i = 0; i < run_.options.batch; ++i) {
    const auto publisher = run_.tally.published() % publishers_.size();
    requests_[publisher] += run_.dialect.publish(channel_, run_.tally.publish());
  }
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    if (!requests_[i].empty()) publishers_[i]->send(requests_[i]);
    requests_[i].clear();
  }
}

}  // namespace bench
