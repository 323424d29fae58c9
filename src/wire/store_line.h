#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "push/store.h"

namespace martd::wire {

// A store as JSON lines (`martd store export`): the ground, the forgotten, and each channel followed by its messages,
// as push::StoreReader gives them. Etags are strings, times and durations nanoseconds. Bytes that are not UTF-8 stand
// as
// {"base64":"…"} where otherwise a string does.

/// {"store":2,"doubt":"…","ceiling":"…"}: the first line; 2 is the version of this form. 1 had no "lost".
struct GroundLine {
  push::Etag doubt{};
  push::Etag ceiling{};
};

/// {"forgotten":"news","origin":"…","last":"…","lost":"…"}; without "lost" it is the last.
struct ForgottenLine {
  std::string name;
  push::Channel::Life life{};
};

/// {"channel":"news","origin":"…","newest":"…","size":10,"life":…,"one2one":false,"doubt":"…","lost":"…"}, with "key",
/// and with "before":["…","…","…"] (origin, last, lost) where an earlier life is remembered. Without "lost" it is the
/// newest, and in "before" the last.
struct ChannelLine {
  std::string name;
  push::ChannelRecord record;
};

/// {"etag":"…","published":…,"payload":"…"}, with "type", "event", "id" and "expire" where it has them.
struct MessageLine {
  push::Message message;
};

using StoreLine = std::variant<GroundLine, ForgottenLine, ChannelLine, MessageLine>;

// Each appends the line with its end.
void append_line(std::string& out, const GroundLine& line);
void append_forgotten_line(std::string& out, std::string_view name, push::Channel::Life life);
void append_channel_line(std::string& out, std::string_view name, const push::ChannelRecord& record);
void append_store_message_line(std::string& out, const push::Message& message);

/// The other way, checked by itself: names, ranges, etags that a store can keep. Else what is wrong and what is taken.
std::variant<StoreLine, std::string> parse_store_line(std::string_view line);

}  // namespace martd::wire
