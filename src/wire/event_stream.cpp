#include "wire/event_stream.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/json_string.h"
#include "base/numbers.h"
#include "base/utf8.h"

namespace martd::wire {
namespace {

std::size_t find_byte(std::string_view text, char byte, std::size_t from) {
  if (from >= text.size()) return text.size();
  const void* const found = std::memchr(text.data() + from, byte, text.size() - from);
  return found == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// `payload`, which is UTF-8, as `data:` lines.
void append_data(std::string& out, std::string_view payload) {
  // The next of each kind of line end is looked for only when the last one was passed: every byte is looked at twice,
  // by memchr, however many lines there are.
  std::size_t begin = 0;
  std::size_t carriage_return = find_byte(payload, '\r', 0);
  std::size_t line_feed = find_byte(payload, '\n', 0);
  for (;;) {
    const std::size_t end = std::min(carriage_return, line_feed);
    out.append("data: ").append(payload.substr(begin, end - begin)).append("\n");
    if (end == payload.size()) return;
    begin = end + 1;
    if (end == carriage_return && payload.substr(begin).starts_with('\n')) ++begin;  // CR LF is one line end
    if (carriage_return < begin) carriage_return = find_byte(payload, '\r', begin);
    if (line_feed < begin) line_feed = find_byte(payload, '\n', begin);
  }
}

}  // namespace

void append_retry(std::string& out, Duration delay) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(delay).count();
  out.append("retry: ").append(std::to_string(std::max<std::int64_t>(milliseconds, 0))).append("\n");
}

void append_heartbeat_note(std::string& out, Duration heartbeat) {
  out += ": heartbeat ";
  append_number(out,
                static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(heartbeat).count()));
  out += '\n';
}

void append_id(std::string& out, std::string_view id) { out.append("id: ").append(id).append("\n"); }

void append_event_rest(std::string& out, std::string_view event_name, std::string_view payload) {
  if (!event_name.empty()) out.append("event: ").append(event_name).append("\n");
  if (is_utf8(payload)) {
    append_data(out, payload);
  } else {
    std::string text;
    append_utf8_lossy(text, payload);
    append_data(out, text);
  }
  out += '\n';
}

void append_json_event_rest(std::string& out, std::string_view channel, const push::Message& message) {
  out += "data: ";
  append_message_object(out, channel, message);
  out += "\n\n";
}

void append_sub_event(std::string& out, std::span<const Position> positions) {
  out += "id: ";
  for (const Position& place : positions) {
    if (&place != &positions.front()) out += '.';
    push::append(out, place.etag);
  }
  out += "\nevent: martd.sub\ndata: ";
  append_positions(out, positions);
  out += "\n\n";
}

void append_missed_event(std::string& out, std::string_view id, std::string_view channel, push::Missed missed) {
  append_id(out, id);
  out += "event: martd.missed\ndata: {\"channel\":";
  append_json_string(out, channel);
  out += ",\"missed\":";
  append_missed(out, missed);
  out += "}\n\n";
}

void append_closed_event(std::string& out, std::string_view reason, std::string_view channel) {
  out += "event: martd.closed\ndata: {\"reason\":";
  append_json_string(out, reason);
  if (!channel.empty()) {
    out += ",\"channel\":";
    append_json_string(out, channel);
  }
  out += "}\n\n";
}

}  // namespace martd::wire
