#include "follow/formats.h"

#include <chrono>

#include "follow/stream_form.h"
#include "push/ending.h"
#include "push/roster.h"
#include "wire/event_stream.h"

namespace martd::follow {
namespace {

using push::Etag;
using push::Message;

// --- events ---

void append_cursor_line(std::string& out, Etag etag) {
  out += "id: ";
  append(out, etag);
  out += '\n';
}

void append_event(std::string& out, std::string_view, const Message& message) {
  append_cursor_line(out, message.etag);
  wire::append_event_rest(out, message.content->event, message.content->payload);
}

/// In a stream of several channels an event's name is its channel's.
void append_named_rest(std::string& out, std::string_view channel, const Message& message) {
  wire::append_event_rest(out, channel, message.content->payload);
}

void append_json_event(std::string& out, std::string_view channel, const Message& message) {
  append_cursor_line(out, message.etag);
  wire::append_json_event_rest(out, channel, message);
}

/// A browser's EventSource knows no end that it doesn't come back from: it is told to wait for longer than its page
/// lives.
constexpr Duration kNever = std::chrono::hours{24};

template <bool kJson>
class Events final : public Format {
 public:
  using Format::Format;

  void open(std::string& out, Duration heartbeat) const override {
    out += wire::kEventStreamOpening;
    wire::append_heartbeat_note(out, heartbeat);
  }
  void begin(std::string& out, std::span<const wire::Position> positions) const override {
    wire::append_sub_event(out, positions);
  }
  void cursor(std::string& out, const Position& at) const override {
    out += "id: ";
    append_joined(out, at);
    out += '\n';
  }
  void message(std::string& out, const Position& at, const Message& message) const override {
    const std::string_view channel = at.subscriber.channel(at.slot);
    cursor(out, at);
    if (kJson) return wire::append_json_event_rest(out, channel, message);
    wire::append_event_rest(out, at.subscriber.seats() > 1 ? channel : std::string_view(message.content->event),
                            message.content->payload);
  }
  void missed(std::string& out, const Position& past, push::Missed missed) const override {
    std::string joined;
    append_joined(joined, past);
    wire::append_missed_event(out, joined, past.subscriber.channel(past.slot), missed);
  }
  void closed(std::string& out, push::Ending ending, std::string_view channel, Duration later) const override {
    const push::EndingRow& row = push::row(ending);
    if (row.comes_back == push::Return::later) wire::append_retry(out, later);
    if (row.comes_back == push::Return::never) wire::append_retry(out, kNever);
    wire::append_closed_event(out, row.name, channel);
  }

 private:
  static void append_joined(std::string& out, const Position& at) {
    for (std::uint32_t slot = 0; slot < at.subscriber.seats(); ++slot) {
      if (slot > 0) out += '.';
      append(out, slot == at.slot ? at.etag : at.subscriber.cursor(slot));
    }
  }
};

// --- lines ---

class Lines final : public Format {
 public:
  using Format::Format;

  void open(std::string&, Duration) const override {}
  void begin(std::string& out, std::span<const wire::Position> positions) const override {
    wire::append_sub_line(out, positions);
  }
  void cursor(std::string&, const Position&) const override {}  // each line has its own
  void message(std::string& out, const Position& at, const Message& message) const override {
    wire::append_message_line(out, at.subscriber.channel(at.slot), message);
  }
  void missed(std::string& out, const Position& past, push::Missed missed) const override {
    wire::append_missed_line(out, past.subscriber.channel(past.slot), past.etag, missed);
  }
  void closed(std::string& out, push::Ending ending, std::string_view channel, Duration) const override {
    wire::append_closed_line(out, push::row(ending).name, channel);
  }
};

}  // namespace

const Format& events() {
  static const StreamForm<Framing::chunk, append_event> chunks;
  static const StreamForm<Framing::none, append_event> bare;
  static const MessageForm<append_named_rest> rests;
  static const Format::Row row{
      "sse",  "text/event-stream",           wire::kEventStreamHeartbeat, false, false, chunks, bare,
      &rests, &Counters::event_streams_held, &Counters::event_deliveries};
  static const Events<false> format(row);
  return format;
}

const Format& json_events() {
  static const StreamForm<Framing::chunk, append_json_event> chunks;
  static const StreamForm<Framing::none, append_json_event> bare;
  static const MessageForm<wire::append_json_event_rest> rests;
  static const Format::Row row{
      "sse",  "text/event-stream",           wire::kEventStreamHeartbeat, false, false, chunks, bare,
      &rests, &Counters::event_streams_held, &Counters::event_deliveries};
  static const Events<true> format(row);
  return format;
}

const Format& lines() {
  static const StreamForm<Framing::chunk, wire::append_message_line> chunks;
  static const StreamForm<Framing::none, wire::append_message_line> bare;
  static const Format::Row row{
      "lines", "application/x-ndjson",       wire::kLineHeartbeat,      true, true, chunks, bare,
      nullptr, &Counters::line_streams_held, &Counters::line_deliveries};
  static const Lines format(row);
  return format;
}

}  // namespace martd::follow
