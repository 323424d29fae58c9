#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"

namespace martd::tools {

// What `martd sub` decides, without sockets and clocks.

/// What a line of a line stream says.
struct MessageLine {
  std::string channel;
  std::string payload;  ///< the bytes as they were published
  std::string etag;
  std::string event;  ///< the publisher's name for it; may be empty
  std::string type;   ///< its content type; may be empty
};
struct MissedLine {
  std::string channel;
  std::optional<std::uint64_t> count;  ///< nothing: some, nobody knows how many
};
struct ClosedLine {
  std::string reason;
  std::string channel;    ///< may be empty
  bool for_good = false;  ///< coming back would be refused, or take the place of whoever took ours
};
struct SubLine {};  ///< where each channel begins
struct HeartbeatLine {};
struct OtherLine {};   ///< an object that this version does not know
struct BrokenLine {};  ///< not an object of a line stream
using Line = std::variant<MessageLine, MissedLine, ClosedLine, SubLine, HeartbeatLine, OtherLine, BrokenLine>;

/// The channels that are followed and how far each was read.
class Subscription {
 public:
  /// `cursors`: one for each channel: `0`, `now` or an etag.
  Subscription(std::vector<std::string> channels, std::vector<std::string> cursors, std::string cid);

  /// No cursor is `now`. Until then settle() must be fed: a stream that broke before its first message could not be
  /// resumed from `now` without losing what was published in between.
  bool settled() const;
  /// The answer of a long-poll with query(): takes the etags for `now`. False: it isn't such an answer.
  bool settle(std::string_view body);

  /// `channel=etag&…&cid=…`, percent-encoded, without options.
  std::string query() const;

  /// Understands a line and moves the channel's cursor past it, or the cursors to where the server says they are.
  Line read(std::string_view line);

  std::size_t channels() const { return followed_.size(); }

 private:
  struct Followed {
    std::string channel;
    std::string cursor;
  };
  Followed* find(std::string_view channel);

  std::vector<Followed> followed_;
  std::string cid_;
};

/// `--since` for `channels` channels: `0` or `now` for all of them, or as many etags joined by `.`.
std::optional<std::vector<std::string>> parse_since(std::string_view text, std::size_t channels);

/// Cuts what comes into lines.
class LineCutter {
 public:
  /// False: a line is longer than any message could be.
  bool add(std::string_view bytes);
  /// The next whole line without its end; valid until the next call.
  std::optional<std::string_view> next();

 private:
  std::string bytes_;
  std::size_t begin_ = 0;     ///< of the first line that was not taken
  std::size_t searched_ = 0;  ///< up to here there is no line end
};

/// How long to wait before the next attempt: doubling from 250 ms to 10 s, each between a half and the whole of it, so
/// that those who lost their server together do not come back together.
class Backoff {
 public:
  /// `random` is uniform in [0, 1). `asked`: what the server asked for at least.
  Duration next(double random, std::optional<Duration> asked);
  void reset() { failures_ = 0; }

 private:
  int failures_ = 0;
};

/// How long a stream may be silent: three times the longest silence that a heartbeat ended, within limits.
class Patience {
 public:
  Duration limit() const;
  /// A heartbeat came `silence` after the line before it.
  void heartbeat(Duration silence);
  /// The stream was given up: perhaps its heartbeats are just slower.
  void given_up();

 private:
  Duration longest_{std::chrono::seconds{15}};
  bool heard_ = false;
};

}  // namespace martd::tools
