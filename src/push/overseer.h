#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "push/channel.h"

namespace martd::push {

class Hub;

/// One channel in a list.
struct ChannelRow {
  std::string name;
  Attributes attributes;     ///< without the key
  bool keyed = false;        ///< it has a key
  std::size_t messages = 0;  ///< kept, with the empty ones
  std::size_t bytes = 0;     ///< their payloads
  std::size_t subscribers = 0;
  Etag etag{};               ///< the newest
  std::optional<Time> last;  ///< when the newest that is kept was published
};

struct ChannelQuery {
  std::string prefix{};     ///< of the names; empty: all
  std::string after{};      ///< names behind this one, in the order of their bytes; empty: from the first
  std::size_t limit = 100;  ///< at least 1
};

struct ChannelPage {
  std::vector<ChannelRow> rows;  ///< by name
  bool more = false;             ///< there are others behind the last
};

struct ChannelDetail {
  ChannelRow row;
  std::vector<Message> messages;  ///< the newest first, cut at what was asked for
};

/// Which seats of a channel are meant: those of a client by its cid, or one by its number.
struct KickOrder {
  std::optional<std::string> cid;  ///< not empty
  std::optional<std::uint32_t> seat;
};

/// The channels as an operator sees them, past keys and rights. Thread-safe; what it reads it copies, and no shard is
/// locked for longer than some hundred channels, or one channel's seats, are looked through.
class Overseer {
 public:
  /// `hub` must outlive it.
  explicit Overseer(Hub& hub) : hub_(hub) {}

  /// Channels that are created or forgotten meanwhile may be in it or not; all others are, once. Bounded in memory by
  /// the limit; looks at every channel.
  ChannelPage list(const ChannelQuery& query);

  /// Returns nullopt if there is no such channel.
  std::optional<ChannelDetail> describe(std::string_view name, std::size_t most_messages, Time now);

  /// What follows a cursor, without sitting down: nobody is counted, or replaced in a one2one channel. Cut after some
  /// `max_bytes`. Nothing where there is no such channel.
  std::optional<Resume> read(std::string_view name, Cursor after, std::size_t max_bytes, Time now);

  struct Kicked {
    std::size_t seats;  ///< that were taken away; their loops end them with Ending::kicked
    bool more;          ///< others are meant, too: one call takes at most kMostKicks
  };
  static constexpr std::size_t kMostKicks = 256;
  /// Returns nullopt if there is no such channel. The client of a one2one channel may come back as after a hang-up.
  std::optional<Kicked> kick(std::string_view name, const KickOrder& order, Time now);

 private:
  Hub& hub_;
};

}  // namespace martd::push
