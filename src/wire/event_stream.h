#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "push/cursor.h"
#include "push/message.h"
#include "wire/line_stream.h"

namespace martd::wire {

// The event stream format of the WHATWG HTML standard, section 9.2. Every function appends whole lines, and an event's
// last is the empty one. `id` is the cursor after the event and has no line break.

/// The first line of every stream: `retry: 2000`, with no empty line after it.
inline constexpr std::string_view kEventStreamOpening = "retry: 2000\n";
/// A comment line.
inline constexpr std::string_view kEventStreamHeartbeat = ":\n";

/// Another comment, for clients who want to know how long silence may last: `: heartbeat 15000`, in milliseconds.
void append_heartbeat_note(std::string& out, Duration heartbeat);

/// `retry:` with `delay`, in whole milliseconds.
void append_retry(std::string& out, Duration delay);

/// `id: <id>` and its line end; the rest of the event follows.
void append_id(std::string& out, std::string_view id);

/// What follows the id of a message's event: `event:` where `event_name` isn't empty, the payload as `data:` lines, and
/// the empty line. The payload is split at CR LF, LF and CR, as a client's parser would; what is not UTF-8 becomes
/// U+FFFD. A client gets back the payload with each line break as LF.
void append_event_rest(std::string& out, std::string_view event_name, std::string_view payload);

/// What follows the id with `.format=json`: one `data:` line with the object of the line stream, and the empty line.
void append_json_event_rest(std::string& out, std::string_view channel, const push::Message& message);

/// A whole `martd.sub` event: where the subscription begins, one place for each channel, in the order of the cursor.
/// With data, as several clients forget the id of an event without.
void append_sub_event(std::string& out, std::span<const Position> positions);

/// A whole `martd.missed` event, its id included. `missed` is not none.
void append_missed_event(std::string& out, std::string_view id, std::string_view channel, push::Missed missed);

/// A whole `martd.closed` event (no id). `channel` may be empty.
void append_closed_event(std::string& out, std::string_view reason, std::string_view channel);

}  // namespace martd::wire
