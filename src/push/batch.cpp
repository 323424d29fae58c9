#include "push/batch.h"

#include <algorithm>
#include <utility>

namespace martd::push {

bool Batch::any_visible(std::span<const Message> messages) {
  return std::any_of(messages.begin(), messages.end(), [](const Message& message) { return message.visible(); });
}

Batch Batch::after(Etag seen) const { return Batch(channel_, seen, messages_.subspan(seen - before_)); }

std::span<const FramePtr> Batch::frames(const Form& form) const {
  for (const Written& written : written_)
    if (written.form == &form) return written.frames;
  std::vector<FramePtr> made;
  form.write(*this, made);  // which may ask for another form
  written_.push_back({&form, std::move(made)});
  return written_.back().frames;
}

}  // namespace martd::push
