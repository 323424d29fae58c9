#include "publisher.h"

#include <charconv>
#include <stdexcept>

namespace bench {

Publisher::Publisher(Run& run) : run_(run) { open(); }

void Publisher::open() {
  socket_ = Socket::connect(run_.options.publish_port, run_.options.tls);
  run_.poller.add(socket_.fd(), *this);
}

void Publisher::send(std::string_view requests) {
  if (!socket_.is_open()) open();
  if (!unsent_.empty()) {
    unsent_ += requests;
    return;
  }
  const auto sent = socket_.write(requests);
  if (sent == requests.size()) return;
  unsent_ = requests.substr(sent);
  run_.poller.want_write(socket_.fd(), *this, true);
}

void Publisher::writable() {
  unsent_.erase(0, socket_.write(unsent_));
  if (unsent_.empty()) run_.poller.want_write(socket_.fd(), *this, false);
}

void Publisher::readable() {
  bool ended = false;
  auto bytes = socket_.read(ended);
  while (!bytes.empty()) {
    body_ += response_.take(bytes);
    if (!response_.is_complete()) continue;
    // pushpin takes one publish a connection.
    if (response_.closes()) {
      socket_.reset();
      take_answer();
      return;
    }
    take_answer();
  }
  if (ended) throw std::runtime_error("the server ended a publisher's connection");
}

void Publisher::take_answer() {
  if (response_.status() < 200 || response_.status() > 299) {
    throw std::runtime_error("publish: " + std::to_string(response_.status()) + " " + body_.substr(0, 200));
  }
  // Where the server says which number it gave (martd, floor, httplib), it rises with each message to the one channel.
  constexpr std::string_view kEtag = "{\"etag\":\"";
  if (run_.options.channels == 1 && body_.rfind(kEtag, 0) == 0) {
    std::uint64_t etag = 0;
    std::from_chars(body_.data() + kEtag.size(), body_.data() + body_.size(), etag);
    if (etag <= newest_etag_) throw std::runtime_error("publish: an etag that does not rise: " + body_);
    newest_etag_ = etag;
  }
  body_.clear();
  response_.restart();
  ++run_.answered;
  if (on_answer_) on_answer_();
}

}  // namespace bench
