#include "follow/forms.h"

#include <array>
#include <chrono>

#include "push/cursor.h"
#include "wire/answer.h"
#include "wire/chunks.h"
#include "wire/event_stream.h"
#include "wire/line_stream.h"
#include "wire/poll_body.h"

namespace martd::follow {
namespace {

using push::Batch;
using push::Etag;
using push::Message;

void poll_part(const Batch& batch, std::vector<FramePtr>& out) {
  auto* frame = new Frame;
  out.emplace_back(frame);
  std::size_t size = batch.channel().size() + 64;
  for (const Message& message : batch.messages()) size += message.content->payload.size() + 8;
  frame->bytes.reserve(size);  // nearly always enough: few payloads have much to escape
  wire::append_poll_channel(frame->bytes, batch.channel(), batch.last(), push::Missed::none(), batch.messages());
  push::set_cursor(*frame, batch.last());
}

void poll_answer(const Batch& batch, std::vector<FramePtr>& out) {
  auto* frame = new Frame;
  out.emplace_back(frame);
  const std::string& part = frames(batch, kPollPart).front()->bytes;
  frame->bytes.reserve(part.size() + 256);
  wire::Answer answer;
  std::string etag;
  etag.reserve(32);
  etag += "ETag: \"";
  append(etag, batch.last());
  etag += "\"\r\n";
  answer.headers = etag;
  // All messages of a batch were published in this turn.
  wire::append_head(frame->bytes, answer, wire::kPollBodyBegin.size() + part.size() + wire::kPollBodyEnd.size(), {},
                    batch.messages().back().published);
  frame->bytes += wire::kPollBodyBegin;
  frame->bytes += part;
  frame->bytes += wire::kPollBodyEnd;
  push::set_cursor(*frame, batch.last());
}

/// What a message has beside its payload is nearly always shorter.
constexpr std::size_t kRoomAround = 160;

enum class Framing : std::uint8_t { chunk, none };

template <Framing kFraming, class Append>
void stream_frames(const Batch& batch, std::vector<FramePtr>& out, Append append_message) {
  Frame* frame = nullptr;
  const auto whole = [&] {
    if (kFraming == Framing::chunk && frame && !frame->bytes.empty()) wire::make_chunk(frame->bytes);
  };
  for (const Message& message : batch.messages()) {
    if (!frame || (message.visible() && frame->bytes.size() >= kFrameBytes)) {
      whole();
      frame = new Frame;
      frame->bytes.reserve(message.content->payload.size() + kRoomAround);
      out.emplace_back(frame);
    }
    if (message.visible()) append_message(frame->bytes, message);
    push::set_cursor(*frame, message.etag);
  }
  whole();
}

void append_id_of(std::string& out, Etag etag) {
  out += "id: ";
  append(out, etag);
  out += '\n';
}

template <Framing kFraming>
void events(const Batch& batch, std::vector<FramePtr>& out) {
  stream_frames<kFraming>(batch, out, [](std::string& bytes, const Message& message) {
    append_id_of(bytes, message.etag);
    wire::append_event_rest(bytes, message.content->event, message.content->payload);
  });
}

template <Framing kFraming>
void json_events(const Batch& batch, std::vector<FramePtr>& out) {
  stream_frames<kFraming>(batch, out, [&](std::string& bytes, const Message& message) {
    append_id_of(bytes, message.etag);
    wire::append_json_event_rest(bytes, batch.channel(), message);
  });
}

template <Framing kFraming>
void lines(const Batch& batch, std::vector<FramePtr>& out) {
  stream_frames<kFraming>(batch, out, [&](std::string& bytes, const Message& message) {
    wire::append_message_line(bytes, batch.channel(), message);
  });
}

template <class Append>
void rests(const Batch& batch, std::vector<FramePtr>& out, Append append_rest) {
  for (const Message& message : batch.messages()) {
    if (!message.visible()) continue;
    auto* frame = new Frame;
    out.emplace_back(frame);
    append_rest(frame->bytes, message);
    push::set_cursor(*frame, message.etag);
  }
}

void named_event_rests(const Batch& batch, std::vector<FramePtr>& out) {
  rests(batch, out, [&](std::string& bytes, const Message& message) {
    wire::append_event_rest(bytes, batch.channel(), message.content->payload);
  });
}

void json_event_rests(const Batch& batch, std::vector<FramePtr>& out) {
  rests(batch, out, [&](std::string& bytes, const Message& message) {
    wire::append_json_event_rest(bytes, batch.channel(), message);
  });
}

constexpr std::array<Batch::Encode, 10> kEncoders{poll_answer,
                                                  poll_part,
                                                  events<Framing::chunk>,
                                                  json_events<Framing::chunk>,
                                                  lines<Framing::chunk>,
                                                  events<Framing::none>,
                                                  json_events<Framing::none>,
                                                  lines<Framing::none>,
                                                  named_event_rests,
                                                  json_event_rests};
static_assert(kEncoders.size() <= Batch::kForms);

}  // namespace

const std::vector<FramePtr>& frames(const Batch& batch, Form form) { return batch.frames(form, kEncoders[form]); }

}  // namespace martd::follow
