#pragma once

#include <span>
#include <string>
#include <string_view>

#include "push/cursor.h"
#include "push/etag.h"
#include "push/message.h"

namespace martd::wire {

/// One channel's part of a long-poll answer, `"news":{"etag":"…","payload":["a","b"]}`, with `"missed"` and `"base64"`
/// where they apply. Messages that are not visible are left out. `channel` is UTF-8.
void append_poll_channel(std::string& out, std::string_view channel, push::Etag cursor, push::Missed missed,
                         std::span<const push::Message> messages);

/// `{"channels":{` part `,` part … `}}` around what append_poll_channel made.
inline constexpr std::string_view kPollBodyBegin = "{\"channels\":{";
inline constexpr std::string_view kPollBodyEnd = "}}";

}  // namespace martd::wire
