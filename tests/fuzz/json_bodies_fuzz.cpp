#include <boost/json.hpp>
#include <set>

#include "base/utf8.h"
#include "fuzz.h"
#include "support/text.h"
#include "support/utf8_decoder.h"
#include "wire/line_stream.h"
#include "wire/poll_body.h"

using namespace martd;
using fuzz::hold;

namespace {

push::Message message(std::string_view payload, std::string_view type) {
  auto* const content = new push::Content;
  content->payload = payload;
  content->content_type = type;
  return {push::Etag{7}, Time{}, push::ContentPtr(content)};
}

}  // namespace

/// The first line is a channel, the second a content type, each other one a payload: what a JSON parser makes of the
/// long-poll's answer and of the line stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text(data, size);
  std::string channel;
  append_utf8_lossy(channel, fuzz::take(rest));
  const std::string_view type = fuzz::take(rest);
  std::vector<push::Message> messages;
  std::vector<std::string_view> visible;
  for (const std::string_view payload : fuzz::split(rest)) {
    messages.push_back(message(payload, type));
    if (!payload.empty()) visible.push_back(payload);
  }

  std::string body(wire::kPollBodyBegin);
  wire::append_poll_channel(body, channel, push::Etag{9}, push::Missed::some(), messages);
  body += wire::kPollBodyEnd;
  const auto part = boost::json::parse(body).at("channels").at(channel).as_object();
  hold(part.at("etag").as_string() == "9" && part.at("missed").as_bool(), "the cursor and the loss");
  std::set<std::int64_t> encoded;
  if (const auto* indices = part.if_contains("base64")) {
    hold(!indices->as_array().empty(), "no empty list of indices");
    for (const auto& index : indices->as_array()) encoded.insert(index.as_int64());
  }
  const auto& payloads = part.at("payload").as_array();
  hold(payloads.size() == visible.size(), "every visible message");
  for (std::size_t i = 0; i < visible.size(); ++i) {
    const std::string given(payloads[i].as_string());
    const bool base64 = encoded.contains(static_cast<std::int64_t>(i));
    hold(base64 != is_utf8(visible[i]), "base64 is what isn't UTF-8");
    hold((base64 ? test::base64_decoded(given) : given) == visible[i], "the payload, exactly");
  }

  for (const auto& each : messages) {
    std::string line;
    wire::append_message_line(line, channel, each);
    hold(line.find('\n') == line.size() - 1 && line.find('\r') == std::string::npos, "one line");
    const auto object = boost::json::parse(line).as_object();
    const std::string given(object.at("payload").as_string());
    hold((object.contains("base64") ? test::base64_decoded(given) : given) == each.content->payload, "the payload");
    hold(object.at("channel").as_string() == channel && object.at("etag").as_string() == "7", "the channel and etag");
    if (!type.empty()) hold(object.at("type").as_string() == test::whatwg_utf8_decoded(type), "the type");
  }
  return 0;
}
