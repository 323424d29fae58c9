#pragma once

#include <cstddef>
#include <string>

#include "admin/public_side.h"
#include "push/overseer.h"

namespace martd::admin {

// Channels, subscribers and endings as JSON. Pure.

/// `{"channels":[…],"total":…,"more":…,"after":"…"}`: `after` is where the next page begins, where there is more.
std::string channel_page_json(const push::ChannelPage& page, std::size_t total);

/// One channel: its row, `backlog`, and `seats`, who follows it. `most_seats`: how many were asked for.
std::string channel_json(const push::ChannelDetail& detail, const Gathered<push::SubscriberInfo>& seats,
                         std::size_t most_seats);

/// `{"subscribers":[…],"more":…,"silent_loops":[…]}`, the newest first.
std::string subscribers_json(Gathered<push::SubscriberInfo> subscribers, std::size_t most);

/// `{"endings":[…],"silent_loops":[…]}`, the newest first.
std::string endings_json(Gathered<push::EndingNote> endings);

}  // namespace martd::admin
