#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "follow/format.h"
#include "wire/chunks.h"

namespace martd::follow {

using AppendMessage = void (*)(std::string& out, std::string_view channel, const push::Message& message);

enum class Framing : std::uint8_t { chunk, none };

/// All visible messages of a batch, each as `kAppend` writes it, in frames of some kFrameBytes.
template <Framing kFraming, AppendMessage kAppend>
class StreamForm final : public push::Form {
 public:
  void write(const push::Batch& batch, std::vector<FramePtr>& out) const override {
    // What a message has beside its payload is nearly always shorter.
    constexpr std::size_t kRoomAround = 160;
    Frame* frame = nullptr;
    const auto whole = [&] {
      if (kFraming == Framing::chunk && frame && !frame->bytes.empty()) wire::make_chunk(frame->bytes);
    };
    for (const push::Message& message : batch.messages()) {
      if (!frame || (message.visible() && frame->bytes.size() >= kFrameBytes)) {
        whole();
        frame = new Frame;
        frame->bytes.reserve(message.content->payload.size() + kRoomAround);
        out.emplace_back(frame);
      }
      if (message.visible()) kAppend(frame->bytes, batch.channel(), message);
      push::set_cursor(*frame, message.etag);
    }
    whole();
  }
};

/// A frame for each visible message.
template <AppendMessage kAppend>
class MessageForm final : public push::Form {
 public:
  void write(const push::Batch& batch, std::vector<FramePtr>& out) const override {
    for (const push::Message& message : batch.messages()) {
      if (!message.visible()) continue;
      auto* frame = new Frame;
      out.emplace_back(frame);
      kAppend(frame->bytes, batch.channel(), message);
      push::set_cursor(*frame, message.etag);
    }
  }
};

}  // namespace martd::follow
