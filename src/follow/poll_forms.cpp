#include "follow/poll_forms.h"

#include <string>

#include "wire/answer.h"
#include "wire/poll_body.h"

namespace martd::follow {
namespace {

class PollPart final : public push::Form {
 public:
  void write(const push::Batch& batch, std::vector<FramePtr>& out) const override {
    auto* frame = new Frame;
    out.emplace_back(frame);
    std::size_t size = batch.channel().size() + 64;
    for (const push::Message& message : batch.messages()) size += message.content->payload.size() + 8;
    frame->bytes.reserve(size);  // nearly always enough: few payloads have much to escape
    wire::append_poll_channel(frame->bytes, batch.channel(), batch.last(), push::Missed::none(), batch.messages());
    push::set_cursor(*frame, batch.last());
  }
};

class PollAnswer final : public push::Form {
 public:
  void write(const push::Batch& batch, std::vector<FramePtr>& out) const override {
    auto* frame = new Frame;
    out.emplace_back(frame);
    const std::string& part = batch.frames(poll_part()).front()->bytes;
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
};

}  // namespace

const push::Form& poll_answer() {
  static const PollAnswer form;
  return form;
}

const push::Form& poll_part() {
  static const PollPart form;
  return form;
}

}  // namespace martd::follow
