#pragma once

#include <span>
#include <string>
#include <string_view>

#include "push/cursor.h"
#include "push/etag.h"
#include "push/message.h"

namespace martd::wire {

// The line stream: one JSON object a line (application/x-ndjson). The functions append the object and, but for
// append_message_object, its LF.

inline constexpr std::string_view kLineHeartbeat = "{\"heartbeat\":true}\n";

/// `{"channel":…,"etag":"…","payload":…}`, with `"event"` and `"type"` where the publisher gave them and
/// `"base64":true` where the payload isn't UTF-8. No line end: it is also the data of a `.format=json` event. `etag` is
/// the message's own.
void append_message_object(std::string& out, std::string_view channel, const push::Message& message);

void append_message_line(std::string& out, std::string_view channel, const push::Message& message);

/// Where a subscriber is in a channel.
struct Position {
  std::string_view channel;
  push::Etag etag;
};

/// `{"sub":{"news":"…","chat":"…"}}`: where the subscription begins.
void append_sub_line(std::string& out, std::span<const Position> positions);

/// `{"channel":"news","etag":"…","missed":3}`; `etag` is the cursor past the loss, in this channel.
void append_missed_line(std::string& out, std::string_view channel, push::Etag etag, push::Missed missed);

/// `{"closed":"one2one","channel":"news"}`; `channel` may be empty, then it is left out.
void append_closed_line(std::string& out, std::string_view reason, std::string_view channel);

// What the other bodies of JSON are made of, too.

/// `{"news":"…","chat":"…"}`.
void append_positions(std::string& out, std::span<const Position> positions);

/// The value of `"missed"`: the count, or `true`.
void append_missed(std::string& out, push::Missed missed);

/// `payload` as a JSON string, in base64 where it isn't UTF-8. Whether it is UTF-8.
bool append_payload(std::string& out, std::string_view payload);

}  // namespace martd::wire
