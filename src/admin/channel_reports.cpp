#include "admin/channel_reports.h"

#include <algorithm>
#include <span>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "push/backlog.h"
#include "push/ending.h"

namespace martd::admin {
namespace {

/// A name, a client's or a publisher's, may be any bytes.
void add_text(JsonObject& json, std::string_view name, std::string_view text) {
  std::string valid;
  append_utf8_lossy(valid, text);
  json.string(name, valid);
}

void add_some(JsonObject& json, std::string_view name, std::string_view text) {
  if (!text.empty()) add_text(json, name, text);
}

void add_row(JsonObject& json, const push::ChannelRow& row) {
  json.string("channel", row.name)
      .number("subscribers", row.subscribers)
      .number("messages", row.messages)
      .number("bytes", row.bytes)
      .number("size", row.attributes.size)
      .seconds("life", row.attributes.life)
      .boolean("one2one", row.attributes.one2one)
      .boolean("keyed", row.keyed)
      .string("etag", to_string(row.etag));
  if (row.last) json.seconds("last", row.last->time_since_epoch());
}

void append_row(std::string& out, const push::ChannelRow& row) {
  JsonObject json(out);
  add_row(json, row);
  json.end();
}

void append_message(std::string& out, const push::Message& message, Duration life) {
  const push::Content& content = *message.content;
  JsonObject json(out);
  json.string("etag", to_string(message.etag))
      .number("bytes", content.payload.size())
      .seconds("published", message.published.time_since_epoch())
      .seconds("expires", push::Backlog::expiry_of(message, life).time_since_epoch());
  add_some(json, "type", content.content_type);
  add_some(json, "event", content.event);
  add_some(json, "id", content.id);
  json.end();
}

void append_subscriber(std::string& out, const push::SubscriberInfo& info) {
  JsonObject json(out);
  json.string("address", info.address);
  add_some(json, "cid", info.cid);
  add_text(json, "transport", info.transport);
  json.seconds("since", info.since.time_since_epoch());
  add_text(json, "channel", info.channel);
  json.number("channels", info.channels)
      .number("seat", info.seat)
      .string("etag", to_string(info.cursor))
      .number("messages_behind", info.messages)
      .number("bytes_waiting", info.waiting)
      .boolean("from_backlog", info.behind)
      .end();
}

void append_ending(std::string& out, const push::EndingNote& note) {
  JsonObject json(out);
  json.seconds("at", note.at.time_since_epoch());
  add_text(json, "ending", push::row(note.ending).name);
  add_text(json, "address", note.address);
  add_some(json, "cid", note.cid);
  add_text(json, "transport", note.transport);
  add_text(json, "channel", note.channel);
  json.number("channels", note.channels).seconds("since", note.since.time_since_epoch()).end();
}

void add_silent(JsonObject& json, const std::vector<std::size_t>& silent) {
  json.array("silent_loops", silent, append_json_number<std::size_t>);
}

}  // namespace

std::string channel_page_json(const push::ChannelPage& page, std::size_t total) {
  std::string out;
  JsonObject json(out);
  json.array("channels", page.rows, append_row).number("total", total).boolean("more", page.more);
  if (page.more) json.string("after", page.rows.back().name);
  json.end_line();
  return out;
}

std::string channel_json(const push::ChannelDetail& detail, const Gathered<push::SubscriberInfo>& seats,
                         std::size_t most_seats) {
  const std::size_t count = std::min(seats.rows.size(), most_seats);
  std::string out;
  JsonObject json(out);
  add_row(json, detail.row);
  json.array("backlog", detail.messages,
             [&](std::string& text, const push::Message& message) {
               append_message(text, message, detail.row.attributes.life);
             })
      .boolean("backlog_more", detail.messages.size() < detail.row.messages)
      .array("seats", std::span(seats.rows).first(count), append_subscriber)
      .boolean("seats_more", seats.rows.size() > count);
  add_silent(json, seats.silent);
  json.end_line();
  return out;
}

std::string subscribers_json(Gathered<push::SubscriberInfo> subscribers, std::size_t most) {
  std::stable_sort(subscribers.rows.begin(), subscribers.rows.end(),
                   [](const auto& a, const auto& b) { return a.since > b.since; });
  const std::size_t count = std::min(subscribers.rows.size(), most);
  std::string out;
  JsonObject json(out);
  json.array("subscribers", std::span(subscribers.rows).first(count), append_subscriber)
      .boolean("more", subscribers.rows.size() > count);
  add_silent(json, subscribers.silent);
  json.end_line();
  return out;
}

std::string endings_json(Gathered<push::EndingNote> endings) {
  std::stable_sort(endings.rows.begin(), endings.rows.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
  std::string out;
  JsonObject json(out);
  json.array("endings", endings.rows, append_ending);
  add_silent(json, endings.silent);
  json.end_line();
  return out;
}

}  // namespace martd::admin
