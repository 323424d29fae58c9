#pragma once

#include <boost/json.hpp>

#include "../http/worker_fixture.h"

namespace martd::http::test {

namespace json = boost::json;

/// The kinds of subscriber, as a client asks for them.
enum class Kind { poll, events, json_events, lines };
inline constexpr Kind kKinds[] = {Kind::poll, Kind::events, Kind::json_events, Kind::lines};
inline const char* name_of(Kind kind) {
  static constexpr const char* kNames[] = {"long-poll", "event stream", "event stream of JSON", "line stream"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// A client of any kind that follows channels: a long-poll asks again with the cursor that it was given. What it is
/// told reads the same for all: payloads, `[missed 3]`, `[closed one2one line]`, each behind `news:` where it follows
/// several.
class Client {
 public:
  Client(WorkerTest& test, Kind kind, std::string channels, std::string options = {})
      : test_(test),
        kind_(kind),
        several_(channels.find('&') != std::string::npos),
        peer_(test.connect()),
        channels_(std::move(channels)) {
    if (!options.empty()) options_ = "&" + options;
    ask();
  }

  /// All that it was told since the last call, or what of it is in some `most` bytes that it reads.
  std::string told(std::size_t most = SIZE_MAX) {
    std::string out;
    do {
      went_on_ = false;
      const std::string piece = next(most);
      out += (out.empty() || piece.empty() ? "" : " ") + piece;
    } while (went_on_ && most == SIZE_MAX);
    return out;
  }
  /// The status of its (last) answer; 0 while there is none.
  int status = 0;
  /// How to come back: as for Last-Event-ID and If-None-Match.
  std::string cursor;
  std::string head;
  bool ended() { return peer_.ended(); }
  void hang_up() { peer_.hang_up(); }
  void finish_writing() { peer_.finish_writing(); }
  net::test::Peer& peer() { return peer_; }
  /// A long-poll asks no more.
  bool asks_again = true;

 private:
  void ask() {
    std::string request = "GET /sub?" + channels_ + options_;
    if (kind_ == Kind::json_events) request += "&.format=json";
    request += " HTTP/1.1\r\nHost: localhost\r\n";
    if (kind_ == Kind::events || kind_ == Kind::json_events) request += "Accept: text/event-stream\r\n";
    if (kind_ == Kind::lines) request += "Accept: application/x-ndjson\r\n";
    if (!cursor.empty()) request += (kind_ == Kind::poll ? "If-None-Match: " : "Last-Event-ID: ") + cursor + "\r\n";
    peer_.send(request + "\r\n");
    went_on_ = true;
  }
  std::string next(std::size_t most) {
    test_.turn();
    went_on_ = peer_.receive(most);
    if (kind_ == Kind::poll) return next_poll();
    if (status == 0) {
      const Reply reply = take_reply(peer_.received);
      status = reply.status;
      head = reply.head;
      if (status == 200) rest_ = reply.body;
    } else {
      rest_ += take_chunks(peer_.received);
    }
    return kind_ == Kind::lines ? next_lines() : next_events();
  }
  static void add(std::string& out, const std::string& piece) { out += (out.empty() ? "" : " ") + piece; }
  std::string of(const json::value& channel) const { return several_ ? std::string(channel.as_string()) + ":" : ""; }
  static std::string text(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
  }
  std::string missed(const json::object& object) const {
    return of(object.at("channel")) + "[missed " + text(object.at("missed")) + "]";
  }
  static std::string closed(const json::object& object, const char* reason) {
    const json::value* channel = object.if_contains("channel");
    return "[closed " + text(object.at(reason)) + (channel ? " " + text(*channel) : "") + "]";
  }

  std::string next_poll() {
    const Reply reply = take_reply(peer_.received);
    if (reply.status == 0) return {};
    status = reply.status;
    head = reply.head;
    if (status != 200) return {};
    std::string out;
    const json::value parsed = json::parse(reply.body);
    for (const auto& [channel, state] : parsed.at("channels").as_object()) {
      const std::string prefix = several_ ? std::string(channel) + ":" : "";
      if (const json::value* lost = state.as_object().if_contains("missed"))
        add(out, prefix + "[missed " + text(*lost) + "]");
      for (const json::value& payload : state.at("payload").as_array()) add(out, prefix + text(payload));
    }
    cursor = reply.header("ETag");
    if (asks_again && !peer_.ended()) ask();
    return out;
  }
  std::string next_lines() {
    std::string out;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      const json::value parsed = json::parse(rest_.substr(0, end));
      rest_.erase(0, end + 1);
      const json::object& object = parsed.as_object();
      if (object.contains("heartbeat")) continue;
      if (const json::value* places = object.if_contains("sub")) {
        if (!several_) cursor = text(places->as_object().begin()->value());
        continue;
      }
      if (object.contains("closed")) {
        add(out, closed(object, "closed"));
        continue;
      }
      if (!several_) cursor = text(object.at("etag"));
      add(out, object.contains("missed") ? missed(object) : of(object.at("channel")) + text(object.at("payload")));
    }
    return out;
  }
  std::string next_events() {
    std::string out;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      const std::string line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      if (line.starts_with("id: ")) cursor = line.substr(4);
      if (line.starts_with("event: ")) event_ = line.substr(7);
      if (line.starts_with("data: ")) data_ += (data_.empty() ? "" : "\n") + line.substr(6);
      if (!line.empty()) continue;
      if (event_ == "martd.sub") {
        // Its id is what counts.
      } else if (event_ == "martd.missed") {
        add(out, missed(json::parse(data_).as_object()));
      } else if (event_ == "martd.closed") {
        add(out, closed(json::parse(data_).as_object(), "reason"));
      } else if (kind_ == Kind::json_events) {
        const json::value parsed = json::parse(data_);
        add(out, of(parsed.at("channel")) + text(parsed.at("payload")));
      } else {
        add(out, (several_ ? event_ + ":" : "") + data_);
      }
      event_.clear();
      data_.clear();
    }
    return out;
  }

  WorkerTest& test_;
  Kind kind_;
  bool several_;
  net::test::Peer peer_;
  std::string channels_;
  std::string options_;
  std::string rest_;
  std::string event_;
  std::string data_;
  bool went_on_ = false;
};

}  // namespace martd::http::test
