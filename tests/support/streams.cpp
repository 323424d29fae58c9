#include "support/streams.h"

#include <stdexcept>

namespace martd::test {
namespace {

Headers accepting(const char* type, const Headers& headers) {
  Headers all = headers;
  all.emplace_back("Accept", type);
  return all;
}

std::string sub(const std::string& query) { return query.starts_with('/') ? query : "/sub?" + query; }

}  // namespace

HeldStream::HeldStream(const Endpoint& to, const std::string& target, const Headers& headers,
                       const ConnectOptions& options)
    : connection_(to, options) {
  connection_.ask("GET", target, headers);
  while (!parser_.has_head()) {
    if (!connection_.receive(bytes_)) throw std::runtime_error("the connection ended before the stream began");
    parser_.feed(bytes_);
  }
  if (head().status != 200) {
    throw std::runtime_error("not a stream but " + std::to_string(head().status) + ": " + head().body);
  }
}

bool HeldStream::more(std::string& into) {
  for (;;) {
    std::string part = parser_.take_body();
    if (!part.empty()) {
      if (body_.size() < 65536) body_ += part;  // the beginning is enough for any test
      into += part;
      return true;
    }
    if (parser_.done()) return false;
    if (connection_.receive(bytes_)) {
      parser_.feed(bytes_);
    } else if (head().header("Transfer-Encoding") == "chunked") {
      return false;  // broken off, which is an end, too
    } else {
      parser_.end();
    }
  }
}

EventStream::EventStream(const Endpoint& to, const std::string& query, const Headers& headers,
                         const ConnectOptions& options)
    : HeldStream(to, sub(query), accepting("text/event-stream", headers), options) {
  while (!retry()) {
    std::string part;
    if (!more(part)) throw std::runtime_error("the stream ended before its first line");
    events_.feed(part);
  }
}

std::optional<Event> EventStream::next_or_end() {
  // Where it begins is no event that anybody published.
  while (events_.events.empty() || events_.events.front().type == "martd.sub") {
    std::string part;
    if (!events_.events.empty()) {
      events_.events.pop_front();
      continue;
    }
    if (!more(part)) return std::nullopt;
    events_.feed(part);
  }
  Event event = events_.events.front();
  events_.events.pop_front();
  return event;
}

Event EventStream::next() {
  auto event = next_or_end();
  if (!event) throw std::runtime_error("the stream ended where an event was due");
  return *event;
}

void EventStream::await_comments(int count) {
  // The one at the beginning says how long the silence may be.
  while (events_.comments < count + 1) {
    std::string part;
    if (!more(part)) throw std::runtime_error("the stream ended where a comment was due");
    events_.feed(part);
  }
}

LineStream::LineStream(const Endpoint& to, const std::string& query, const Headers& headers,
                       const ConnectOptions& options)
    : HeldStream(to, sub(query), accepting("application/x-ndjson", headers), options) {
  const auto first = line();
  if (!first || !first->contains("sub")) throw std::runtime_error("the first line doesn't say where it begins");
}

std::optional<json::object> LineStream::line() {
  for (;;) {
    auto end = rest_.find('\n');
    if (end != std::string::npos) {
      std::string text = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      json::error_code failure;
      auto value = json::parse(text, failure);
      if (failure || !value.is_object()) throw std::runtime_error("a line that is no JSON object: " + text);
      if (value.as_object().contains("heartbeat")) ++heartbeats_;
      return value.as_object();
    }
    if (!more(rest_)) {
      if (!rest_.empty()) throw std::runtime_error("the stream ended in the middle of a line: " + rest_);
      return std::nullopt;
    }
  }
}

std::optional<json::object> LineStream::next_or_end() {
  for (;;) {
    auto object = line();
    if (!object || !object->contains("heartbeat")) return object;
  }
}

json::object LineStream::next() {
  auto object = next_or_end();
  if (!object) throw std::runtime_error("the stream ended where a line was due");
  return *object;
}

void LineStream::await_heartbeats(int count) {
  while (heartbeats_ < count) {
    if (!line()) throw std::runtime_error("the stream ended where a heartbeat was due");
  }
}

HeldPoll::HeldPoll(const Endpoint& to, const std::string& query, const Headers& headers) : connection_(to) {
  connection_.ask("GET", sub(query), headers);
}

}  // namespace martd::test
