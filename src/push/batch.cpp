#include "push/batch.h"

#include <algorithm>

namespace martd::push {

bool Batch::visible() const {
  return std::any_of(messages_.begin(), messages_.end(), [](const Message& message) { return message.visible(); });
}

Batch Batch::after(Etag seen) const { return Batch(channel_, seen, messages_.subspan(seen - before_)); }

const std::vector<FramePtr>& Batch::frames(std::size_t form, Encode encode) const {
  auto& frames = frames_[form];
  if (frames.empty()) encode(*this, frames);
  return frames;
}

}  // namespace martd::push
