#include <string>

#include "fuzz.h"
#include "wire/store_line.h"

using namespace martd;
using fuzz::hold;

namespace {

std::string written(const wire::StoreLine& line) {
  std::string out;
  if (const auto* ground = std::get_if<wire::GroundLine>(&line)) wire::append_line(out, *ground);
  if (const auto* gone = std::get_if<wire::ForgottenLine>(&line))
    wire::append_forgotten_line(out, gone->name, gone->life);
  if (const auto* channel = std::get_if<wire::ChannelLine>(&line))
    wire::append_channel_line(out, channel->name, channel->record);
  if (const auto* message = std::get_if<wire::MessageLine>(&line))
    wire::append_store_message_line(out, message->message);
  return out;
}

}  // namespace

/// What is taken as a line is written as one, which is taken for the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = wire::parse_store_line(fuzz::text(data, size));
  const auto* line = std::get_if<wire::StoreLine>(&parsed);
  if (!line) {
    hold(!std::get<std::string>(parsed).empty(), "a reason");
    return 0;
  }
  const std::string text = written(*line);
  hold(text.find('\n') == text.size() - 1, "one line");
  const auto again = wire::parse_store_line(text);
  hold(std::holds_alternative<wire::StoreLine>(again), "what is written can be read");
  hold(written(std::get<wire::StoreLine>(again)) == text, "the same again");
  return 0;
}
