#include "stream_subscriber.h"

#include <stdexcept>

namespace bench {

void StreamSubscriber::open(const std::string& channel) {
  socket_ = Socket::connect(run_.options.port, run_.options.tls);
  socket_.write_all(run_.dialect.stream(channel, last_id_));
  run_.poller.add(socket_.fd(), *this);
}

void StreamSubscriber::close() {
  last_id_ = events_.last_id();
  if (has_head_) --run_.opened;
  has_head_ = false;
  socket_.reset();
  response_ = {};
  events_ = {};
}

void StreamSubscriber::readable() {
  bool ended = false;
  auto bytes = socket_.read(ended);
  const auto at = now();
  while (!bytes.empty()) {
    const auto body = response_.take(bytes);
    if (!has_head_ && response_.has_head()) {
      if (response_.status() != 200) throw std::runtime_error("subscribe: " + std::to_string(response_.status()));
      has_head_ = true;
      ++run_.opened;
    }
    events_.feed(body, [&](std::string_view payload) { run_.tally.receive(progress_, payload, at); });
  }
  if (ended || response_.is_complete()) throw std::runtime_error("the server ended a stream");
}

void StreamCrowd::grow(std::size_t size) {
  while (members_.size() < size) {
    members_.push_back(std::make_unique<StreamSubscriber>(run_));
    members_.back()->open(channel_);
    run_.await([&] { return run_.opened + run_.options.in_flight > members_.size(); }, "streams");
  }
  run_.await([&] { return run_.opened == members_.size(); }, "streams");
}

void StreamCrowd::close() {
  for (auto& member : members_) member->close();
}

void StreamCrowd::reopen() {
  std::size_t asked = 0;
  for (auto& member : members_) {
    member->open(channel_);
    ++asked;
    run_.await([&] { return run_.opened + run_.options.in_flight > asked; }, "streams");
  }
}

void StreamCrowd::clear() {
  close();
  members_.clear();
}

std::vector<int> StreamCrowd::sockets(std::size_t most) const {
  std::vector<int> sockets;
  const std::size_t step = members_.size() / most + (members_.size() % most != 0 ? 1 : 0);
  for (std::size_t i = 0; i < members_.size(); i += step) sockets.push_back(members_[i]->socket());
  return sockets;
}

}  // namespace bench
