#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/frame.h"
#include "push/message.h"

namespace martd::push {

/// A frame of one channel's messages is marked with the etag of the last one: the cursor of a subscriber that has all
/// of its bytes.
inline void set_cursor(Frame& frame, Etag last) { frame.mark = static_cast<std::uint64_t>(last); }
inline Etag cursor_of(const Frame& frame) { return Etag{frame.mark}; }

/// What one channel has new for the subscribers of one loop, in one turn of that loop: all messages with etags in
/// (before, last], without holes. Lives for the turn; the messages are the caller's.
class Batch {
 public:
  Batch(std::string_view channel, Etag before, std::span<const Message> messages)
      : channel_(channel), before_(before), messages_(messages) {}

  std::string_view channel() const { return channel_; }
  Etag before() const { return before_; }
  Etag last() const { return messages_.empty() ? before_ : messages_.back().etag; }
  std::span<const Message> messages() const { return messages_; }
  /// Whether there is anything to send: not only empty messages.
  bool visible() const;
  /// What of it follows `seen`, which lies within it.
  Batch after(Etag seen) const;

  /// Ways of writing a batch, numbered by whoever writes; `push` only keeps the bytes.
  static constexpr std::size_t kForms = 10;
  using Encode = void (*)(const Batch& batch, std::vector<FramePtr>& out);
  /// The batch in a form: the first who asks has it encoded, all others share the bytes.
  const std::vector<FramePtr>& frames(std::size_t form, Encode encode) const;

 private:
  std::string_view channel_;
  Etag before_;
  std::span<const Message> messages_;
  mutable std::array<std::vector<FramePtr>, kForms> frames_;
};

}  // namespace martd::push
