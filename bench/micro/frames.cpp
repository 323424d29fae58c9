// What one message of a turn becomes on the wire, made once for all subscribers of a loop.

#include <array>
#include <memory>
#include <string>

#include "follow/forms.h"
#include "operation.h"
#include "push/batch.h"

namespace micro {
namespace {

using namespace martd;

constexpr push::Etag kEtag{1'763'600'000'000'000'007};

template <follow::Form kForm, std::size_t kSize>
Body encode() {
  auto* content = new push::Content;
  // As a site's messages are: JSON, whose quotes have to be escaped inside of JSON.
  while (content->payload.size() < kSize) content->payload += R"({"symbol":"ABC","price":12.34,"volume":100},)";
  content->payload.resize(kSize);
  content->content_type = "application/json";
  const std::array messages{push::Message{kEtag, {}, push::ContentPtr(content)}};
  const auto encoded = [messages] {
    const push::Batch batch("news", push::Etag{push::value(kEtag) - 1}, messages);
    const auto& frames = follow::frames(batch, kForm);
    keep(frames);
    return frames.front()->bytes.size();
  };
  expect(encoded() > kSize, "encode: not all of it");
  return times(encoded);
}

}  // namespace

std::vector<Operation> frame_operations() {
  return {
      {"encode an event, 100 B", encode<follow::kEvents, 100>},
      {"encode an event, 4 KB", encode<follow::kEvents, 4096>},
      {"encode a line, 100 B", encode<follow::kLines, 100>},
      {"encode a long-poll's answer, 100 B", encode<follow::kPollAnswer, 100>},
      {"encode a long-poll's answer, 4 KB", encode<follow::kPollAnswer, 4096>},
  };
}

}  // namespace micro
