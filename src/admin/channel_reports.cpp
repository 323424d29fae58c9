#include "admin/channel_reports.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <utility>

#include "base/json_string.h"
#include "base/utf8.h"
#include "push/backlog.h"
#include "push/ending.h"

namespace martd::admin {
namespace {

/// Whole milliseconds are enough for who looks on.
std::string seconds(Duration duration) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", std::chrono::duration<double>(duration).count());
  return text.data();
}

std::string seconds(Time time) { return seconds(time.time_since_epoch()); }

/// A name, a client's or a publisher's, may be any bytes.
void append_text(std::string& out, std::string_view name, std::string_view text) {
  std::string valid;
  append_utf8_lossy(valid, text);
  out += ",\"" + std::string(name) + "\":";
  append_json_string(out, valid);
}

void append_count(std::string& out, std::string_view name, std::uint64_t count) {
  out += ",\"" + std::string(name) + "\":" + std::to_string(count);
}

void append_flag(std::string& out, std::string_view name, bool flag) {
  out += ",\"" + std::string(name) + (flag ? "\":true" : "\":false");
}

void append_etag(std::string& out, push::Etag etag) { out += ",\"etag\":\"" + to_string(etag) + '"'; }

/// An object that is still open.
void append_row(std::string& out, const push::ChannelRow& row) {
  out += "{\"channel\":";
  append_json_string(out, row.name);
  append_count(out, "subscribers", row.subscribers);
  append_count(out, "messages", row.messages);
  append_count(out, "bytes", row.bytes);
  append_count(out, "size", row.attributes.size);
  out += ",\"life\":" + seconds(row.attributes.life);
  append_flag(out, "one2one", row.attributes.one2one);
  append_flag(out, "keyed", row.keyed);
  append_etag(out, row.etag);
  if (row.last) out += ",\"last\":" + seconds(*row.last);
}

void append_message(std::string& out, const push::Message& message, Duration life) {
  const push::Content& content = *message.content;
  out += "{\"etag\":\"" + to_string(message.etag) + '"';
  append_count(out, "bytes", content.payload.size());
  out += ",\"published\":" + seconds(message.published);
  out += ",\"expires\":" + seconds(push::Backlog::expiry_of(message, life));
  if (!content.content_type.empty()) append_text(out, "type", content.content_type);
  if (!content.event.empty()) append_text(out, "event", content.event);
  if (!content.id.empty()) append_text(out, "id", content.id);
  out += '}';
}

void append_subscriber(std::string& out, const push::SubscriberInfo& info) {
  out += "{\"address\":";
  append_json_string(out, info.address);
  if (!info.cid.empty()) append_text(out, "cid", info.cid);
  append_text(out, "transport", info.transport);
  out += ",\"since\":" + seconds(info.since);
  append_text(out, "channel", info.channel);
  append_count(out, "channels", info.channels);
  append_count(out, "seat", info.seat);
  append_etag(out, info.cursor);
  append_count(out, "messages_behind", info.messages);
  append_count(out, "bytes_waiting", info.waiting);
  append_flag(out, "from_backlog", info.behind);
  out += '}';
}

template <class Rows, class Append>
void append_array(std::string& out, const Rows& rows, Append append) {
  out += '[';
  bool first = true;
  for (const auto& row : rows) {
    if (!std::exchange(first, false)) out += ',';
    append(out, row);
  }
  out += ']';
}

void append_silent(std::string& out, const std::vector<std::size_t>& silent) {
  out += ",\"silent_loops\":";
  append_array(out, silent, [](std::string& text, std::size_t loop) { text += std::to_string(loop); });
}

}  // namespace

std::string channel_page_json(const push::ChannelPage& page, std::size_t total) {
  std::string out = "{\"channels\":";
  append_array(out, page.rows, [](std::string& text, const push::ChannelRow& row) {
    append_row(text, row);
    text += '}';
  });
  append_count(out, "total", total);
  append_flag(out, "more", page.more);
  if (page.more) append_text(out, "after", page.rows.back().name);
  return out + "}\n";
}

std::string channel_json(const push::ChannelDetail& detail, const Gathered<push::SubscriberInfo>& seats,
                         std::size_t most_seats) {
  std::string out;
  append_row(out, detail.row);
  out += ",\"backlog\":";
  append_array(out, detail.messages, [&](std::string& text, const push::Message& message) {
    append_message(text, message, detail.row.attributes.life);
  });
  append_flag(out, "backlog_more", detail.messages.size() < detail.row.messages);
  const std::size_t count = std::min(seats.rows.size(), most_seats);
  out += ",\"seats\":";
  append_array(out, std::span(seats.rows).first(count), append_subscriber);
  append_flag(out, "seats_more", seats.rows.size() > count);
  append_silent(out, seats.silent);
  return out + "}\n";
}

std::string subscribers_json(Gathered<push::SubscriberInfo> subscribers, std::size_t most) {
  std::stable_sort(subscribers.rows.begin(), subscribers.rows.end(),
                   [](const auto& a, const auto& b) { return a.since > b.since; });
  const bool more = subscribers.rows.size() > most;
  if (more)
    subscribers.rows.erase(subscribers.rows.begin() + static_cast<std::ptrdiff_t>(most), subscribers.rows.end());
  std::string out = "{\"subscribers\":";
  append_array(out, subscribers.rows, append_subscriber);
  append_flag(out, "more", more);
  append_silent(out, subscribers.silent);
  return out + "}\n";
}

std::string endings_json(Gathered<push::EndingNote> endings) {
  std::stable_sort(endings.rows.begin(), endings.rows.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
  std::string out = "{\"endings\":";
  append_array(out, endings.rows, [](std::string& text, const push::EndingNote& note) {
    text += "{\"at\":" + seconds(note.at);
    append_text(text, "ending", push::row(note.ending).name);
    append_text(text, "address", note.address);
    if (!note.cid.empty()) append_text(text, "cid", note.cid);
    append_text(text, "transport", note.transport);
    append_text(text, "channel", note.channel);
    append_count(text, "channels", note.channels);
    text += ",\"since\":" + seconds(note.since) + '}';
  });
  append_silent(out, endings.silent);
  return out + "}\n";
}

}  // namespace martd::admin
