#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martd::push {

/// How a channel behaves. Every push sets all of it again, but for the key, which stays as long as the channel.
struct Attributes {
  static constexpr std::uint32_t kDefaultSize = 10;
  static constexpr Duration kDefaultLife = std::chrono::hours{1};
  static constexpr Duration kMostLife =
      std::chrono::days{36500};  ///< whatever the limits: added to a clock it fits Time

  std::uint32_t size = kDefaultSize;  ///< messages kept, at least 1
  Duration life = kDefaultLife;       ///< how long each is kept, at least 1 ms
  bool one2one = false;               ///< one subscriber at most
  std::string key;                    ///< what every later push must bring; empty: none
};

/// The channels that one request names; nearly always one.
using ChannelNames = boost::container::small_vector<std::string, 1>;

/// Channel names: 1 to 255 bytes of UTF-8 without control characters, not a name the query of /sub uses otherwise
/// (`cid`, `lastEventId`, `last_event_id`), not beginning with `.` or `martd.`.
bool valid_channel_name(std::string_view name);

/// The reserved name (`cid`, `lastEventId`) that `name` is only another spelling of: in its case, in `-` and `_`, or
/// with the `evs_` of a known polyfill before it. `_` for a name of nothing but these, which libraries add so that no
/// cache knows the address. Empty for all others. No request may name a channel so: it would be followed by mistake. A
/// store from before may have one, so valid_channel_name() lets it be.
std::string_view misspelt_name(std::string_view name);

/// In time that depends on the length of `given` alone, so that a key can't be guessed a byte at a time.
bool same_secret(std::string_view given, std::string_view kept);

}  // namespace martd::push
