#include "crowd.h"

#include <poll.h>

#include <charconv>
#include <stdexcept>

#include "support/deadline.h"

namespace martd::test {
namespace {

template <class Number>
Number number(std::string_view text) {
  Number value{};
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error("no number: " + std::string(text));
  return value;
}

}  // namespace

Follower::Follower(Endpoint server, Place start, Place end, unsigned seed)
    : server_(std::move(server)), at_(start), end_(end), random_(seed) {
  seen_.reserve(end - start);
}

void Follower::resume() {
  bytes_.clear();
  connection_ = std::make_unique<Connection>(server_);
  until_break_ = std::uniform_int_distribution{1, 2000}(random_);
  ask();
}

void Follower::ready() {
  if (!connection_->receive(bytes_)) throw std::runtime_error("the server ended a connection that it should hold");
  read(bytes_);
  break_off_at_random();
}

void Follower::break_off_at_random() {
  if (done() || until_break_ > 0) return;
  ++breaks_;
  if (random_() % 4 == 0) connection_->abort();
  resume();
  while (random_() % 4 == 0) resume();  // some do not even wait for the answer
}

void Follower::message(Place place, std::string_view payload) {
  if (place != at_ + 1) {
    throw std::runtime_error("after " + std::to_string(at_) + " came " + std::to_string(place) +
                             ", and no word of a loss");
  }
  at_ = place;
  --until_break_;
  seen_.push_back(number<MessageNumber>(payload));
}

void Follower::miss(std::uint64_t count, Place place) {
  if (count == 0 || place != at_ + count) {
    throw std::runtime_error("after " + std::to_string(at_) + " a loss of " + std::to_string(count) + " leads to " +
                             std::to_string(place));
  }
  at_ = place;
  missed_ += count;
  seen_.insert(seen_.end(), count, kGone);
}

StreamFollower::StreamFollower(const Endpoint& server, Place start, Place end, unsigned seed)
    : Follower(server, start, end, seed) {
  resume();
}

void StreamFollower::ask() {
  parser_ = AnswerParser();
  events_ = EventStreamParser();
  Headers headers{{"Accept", "text/event-stream"}};
  bool by_header = random()() % 2 == 0;
  if (by_header) headers.emplace_back("Last-Event-ID", std::to_string(at()));
  connection().ask("GET", "/sub?race=" + (by_header ? "0" : std::to_string(at())), headers);
}

void StreamFollower::read(std::string& bytes) {
  parser_.feed(bytes);
  if (parser_.has_head() && parser_.answer().status != 200) throw std::runtime_error("a stream was refused");
  events_.feed(parser_.take_body());
  for (; !events_.events.empty(); events_.events.pop_front()) {
    const Event& event = events_.events.front();
    auto place = number<Place>(event.id);
    if (event.type == "message") {
      message(place, event.data);
    } else if (event.type == "martd.missed") {
      miss(json::parse(event.data).at("missed").to_number<std::uint64_t>(), place);
    } else if (event.type == "martd.sub") {
      if (place != at()) throw std::runtime_error("a stream that begins elsewhere than it was asked to");
    } else {
      throw std::runtime_error("an event that nobody published: " + event.type);
    }
  }
}

PollFollower::PollFollower(const Endpoint& server, Place start, Place end, unsigned seed)
    : Follower(server, start, end, seed) {
  resume();
}

void PollFollower::ask() {
  parser_ = AnswerParser();
  connection().ask("GET", "/sub?race=" + std::to_string(at()) + "&.wait=60");
}

void PollFollower::read(std::string& bytes) {
  parser_.feed(bytes);
  if (!parser_.done()) return;
  if (parser_.answer().status != 200) throw std::runtime_error("a poll was refused");
  auto channels = parser_.answer().parsed().at("channels").as_object();
  auto& race = channels.at("race").as_object();
  auto& payloads = race.at("payload").as_array();
  auto last = number<Place>(text_at(race, "etag"));
  if (race.contains("missed")) {
    auto count = race.at("missed").to_number<std::uint64_t>();
    miss(count, last - payloads.size());
  }
  Place place = last - payloads.size();
  for (auto& payload : payloads) message(++place, payload.as_string());
  if (!done()) ask();
}

void follow(Crowd& crowd) {
  for (;;) {
    std::vector<pollfd> waits;
    std::vector<Follower*> waiting;
    for (auto& follower : crowd) {
      if (follower->done()) continue;
      waits.push_back({follower->fd(), POLLIN, 0});
      waiting.push_back(follower.get());
    }
    if (waits.empty()) return;
    auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    if (::poll(waits.data(), waits.size(), static_cast<int>(patience.count())) <= 0) {
      throw std::runtime_error(std::to_string(waits.size()) +
                               " followers wait for what was published and did not come");
    }
    for (std::size_t i = 0; i < waits.size(); ++i) {
      if (waits[i].revents != 0) waiting[i]->ready();
    }
  }
}

}  // namespace martd::test
