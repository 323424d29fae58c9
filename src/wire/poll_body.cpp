#include "wire/poll_body.h"

#include "base/json_string.h"
#include "wire/line_stream.h"

namespace martd::wire {

void append_poll_channel(std::string& out, std::string_view channel, push::Etag cursor, push::Missed missed,
                         std::span<const push::Message> messages) {
  append_json_string(out, channel);
  out += ":{\"etag\":\"";
  push::append(out, cursor);
  out += "\",\"payload\":[";
  std::string base64;  // the indices, each with a comma after it
  std::size_t index = 0;
  for (const push::Message& message : messages) {
    if (!message.visible()) continue;
    if (index > 0) out += ',';
    if (!append_payload(out, message.content->payload)) base64.append(std::to_string(index)).append(",");
    ++index;
  }
  out += ']';
  if (missed) {
    out += ",\"missed\":";
    append_missed(out, missed);
  }
  if (!base64.empty()) {
    base64.back() = ']';
    out.append(",\"base64\":[").append(base64);
  }
  out += '}';
}

}  // namespace martd::wire
