#include "poll_subscriber.h"

#include <stdexcept>

namespace bench {

void PollSubscriber::open() {
  socket_ = Socket::connect(run_.options.port, run_.options.tls);
  run_.poller.add(socket_.fd(), *this);
  ask();
}

void PollSubscriber::ask() { socket_.write_all(run_.dialect.poll(channel_, cursor_)); }

void PollSubscriber::readable() {
  bool ended = false;
  auto bytes = socket_.read(ended);
  const auto at = now();
  while (!bytes.empty()) {
    const auto part = response_.take(bytes);
    if (response_.is_complete() && body_.empty()) {
      take_answer(part, at);
    } else {
      body_ += part;
      if (response_.is_complete()) take_answer(body_, at);
    }
  }
  if (ended) throw std::runtime_error("the server ended a long-poll connection");
}

void PollSubscriber::take_answer(std::string_view body, Nanoseconds at) {
  const auto status = response_.status();
  if (status != 200 && status != 304) throw std::runtime_error("long-poll: " + std::to_string(status));
  run_.tally.receive_within(progress_, body, at);
  cursor_.etag = response_.etag();
  cursor_.last_modified = response_.last_modified();
  body_.clear();
  response_.restart();
  ask();
}

void PollCrowd::grow(std::size_t size) {
  while (members_.size() < size) {
    members_.push_back(std::make_unique<PollSubscriber>(run_, channel_name(each_ ? members_.size() : 0)));
    members_.back()->open();
    if (members_.size() % run_.options.in_flight == 0) run_.settle();
  }
  run_.settle();
}

}  // namespace bench
