// What one message of a turn becomes on the wire, made once for all subscribers of a loop.

#include <array>
#include <memory>
#include <string>

#include "follow/formats.h"
#include "follow/poll_forms.h"
#include "operation.h"
#include "push/batch.h"

namespace micro {
namespace {

using namespace martd;

constexpr push::Etag kEtag{1'763'600'000'000'000'007};

template <std::size_t kSize>
Body encode(const push::Form& form) {
  auto* content = new push::Content;
  // As a site's messages are: JSON, whose quotes have to be escaped inside of JSON.
  while (content->payload.size() < kSize) content->payload += R"({"symbol":"ABC","price":12.34,"volume":100},)";
  content->payload.resize(kSize);
  content->content_type = "application/json";
  const std::array messages{push::Message{kEtag, {}, push::ContentPtr(content)}};
  const auto encoded = [messages, &form] {
    const push::Batch batch("news", push::Etag{push::value(kEtag) - 1}, messages);
    const auto frames = batch.frames(form);
    keep(frames);
    return frames.front()->bytes.size();
  };
  expect(encoded() > kSize, "encode: not all of it");
  return times(encoded);
}

}  // namespace

std::vector<Operation> frame_operations() {
  return {
      {"encode an event, 100 B", [] { return encode<100>(follow::events().row().chunks); }},
      {"encode an event, 4 KB", [] { return encode<4096>(follow::events().row().chunks); }},
      {"encode a line, 100 B", [] { return encode<100>(follow::lines().row().chunks); }},
      {"encode a long-poll's answer, 100 B", [] { return encode<100>(follow::poll_answer()); }},
      {"encode a long-poll's answer, 4 KB", [] { return encode<4096>(follow::poll_answer()); }},
  };
}

}  // namespace micro
