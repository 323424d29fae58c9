#include "wire/line_stream.h"

#include "base/base64.h"
#include "base/json_string.h"
#include "base/utf8.h"

namespace martd::wire {
namespace {

/// A header's value may hold any bytes above 0x7F.
void append_lossy_json_string(std::string& out, std::string_view text) {
  if (is_utf8(text)) return append_json_string(out, text);
  std::string decoded;
  append_utf8_lossy(decoded, text);
  append_json_string(out, decoded);
}

void append_etag_string(std::string& out, push::Etag etag) {
  out += '"';
  push::append(out, etag);
  out += '"';
}

}  // namespace

void append_positions(std::string& out, std::span<const Position> positions) {
  out += '{';
  for (const Position& place : positions) {
    if (&place != &positions.front()) out += ',';
    append_json_string(out, place.channel);
    out += ':';
    append_etag_string(out, place.etag);
  }
  out += '}';
}

void append_missed(std::string& out, push::Missed missed) {
  if (missed.kind == push::Missed::Kind::some) {
    out += "true";
  } else {
    out += std::to_string(missed.count);
  }
}

bool append_payload(std::string& out, std::string_view payload) {
  if (is_utf8(payload)) {
    append_json_string(out, payload);
    return true;
  }
  out += '"';
  append_base64(out, payload);
  out += '"';
  return false;
}

void append_message_object(std::string& out, std::string_view channel, const push::Message& message) {
  const push::Content& content = *message.content;
  out += "{\"channel\":";
  append_json_string(out, channel);
  out += ",\"etag\":";
  append_etag_string(out, message.etag);
  out += ",\"payload\":";
  const bool is_text = append_payload(out, content.payload);
  if (!content.event.empty()) {
    out += ",\"event\":";
    append_lossy_json_string(out, content.event);
  }
  if (!content.content_type.empty()) {
    out += ",\"type\":";
    append_lossy_json_string(out, content.content_type);
  }
  if (!is_text) out += ",\"base64\":true";
  out += '}';
}

void append_message_line(std::string& out, std::string_view channel, const push::Message& message) {
  append_message_object(out, channel, message);
  out += '\n';
}

void append_sub_line(std::string& out, std::span<const Position> positions) {
  out += "{\"sub\":";
  append_positions(out, positions);
  out += "}\n";
}

void append_missed_line(std::string& out, std::string_view channel, push::Etag etag, push::Missed missed) {
  out += "{\"channel\":";
  append_json_string(out, channel);
  out += ",\"etag\":";
  append_etag_string(out, etag);
  out += ",\"missed\":";
  append_missed(out, missed);
  out += "}\n";
}

void append_closed_line(std::string& out, std::string_view reason, std::string_view channel) {
  out += "{\"closed\":";
  append_json_string(out, reason);
  if (!channel.empty()) {
    out += ",\"channel\":";
    append_json_string(out, channel);
  }
  out += "}\n";
}

}  // namespace martd::wire
