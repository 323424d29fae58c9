#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "push/channel.h"

namespace martd::push {

class Hub;

/// What somebody wants to follow, and from where. The name is the caller's.
struct Want {
  ChannelKey channel;
  Cursor cursor;
};

/// Why no seat was taken, and in which channel.
struct SeatRefusal {
  Ending ending;  ///< one2one or unavailable
  std::string channel;
};

/// In the order of the wants; null for those that aren't there yet.
using Channels = boost::container::small_vector<Channel*, 4>;

/// Whether a client `cid` may have all of these, with all their shards locked: the channels, or why not. Nothing is
/// changed. `cost`: of the seats that it would take, in bytes.
std::optional<SeatRefusal> admit(Hub& hub, std::span<const Want> wants, std::string_view cid, std::size_t cost,
                                 Time now, Channels& channels);

}  // namespace martd::push
