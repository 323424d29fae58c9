#pragma once

#include <string>
#include <utility>

#include "push/message.h"

namespace martd::wire {

/// A message with what a publisher gave.
inline push::Message message(std::uint64_t etag, std::string payload, std::string event = {}, std::string type = {}) {
  auto* const content = new push::Content;
  content->payload = std::move(payload);
  content->event = std::move(event);
  content->content_type = std::move(type);
  return {push::Etag{etag}, Time{}, push::ContentPtr(content)};
}

}  // namespace martd::wire
