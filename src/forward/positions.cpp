#include "forward/positions.h"

#include <algorithm>

#include "push/hub.h"
#include "wire/channel_list.h"

namespace martd::forward {
namespace {

constexpr std::string_view kCursorLine = "Martd-Cursor: ";
// A page's script can't read the headers of its own page, but its timings.
constexpr std::string_view kTimingLine = "\r\nServer-Timing: martd;desc=\"";
constexpr std::string_view kTimingEnd = "\"\r\n";

}  // namespace

Result<Positions> Positions::look_up(const wire::RequestHead& head, const Settings& settings, push::Hub& hub,
                                     Time now) {
  Positions positions;
  std::string asked;
  head.fields.each("Martd-Channels", [&](std::string_view value) { (asked += ',') += value; });
  if (asked.empty() && settings.snapshot.empty()) return positions;
  auto channels = wire::parse_channel_list(asked, settings.subscribe.max_channels, wire::Surplus::left_out);
  if (!channels) return bad_request("Martd-Channels: " + channels.error().message);
  for (const std::string& name : settings.snapshot)
    if (std::find(channels->begin(), channels->end(), name) == channels->end()) channels->push_back(name);
  positions.text_ = wire::format_positions(*channels, hub.positions(*channels, now));
  return positions;
}

void Positions::fit(std::size_t size) {
  constexpr std::size_t kLargestHead = 8192;
  const std::size_t added = size + kCursorLine.size() + kTimingLine.size() + kTimingEnd.size() + 4;
  const std::size_t room = added < kLargestHead ? (kLargestHead - added) / 2 : 0;
  text_.resize(wire::cut_positions(text_, room).size());
}

void Positions::append_lines(std::string& head) const {
  if (text_.empty()) return;
  for (const std::string_view piece :
       {kCursorLine, std::string_view(text_), kTimingLine, std::string_view(text_), kTimingEnd})
    head += piece;
}

}  // namespace martd::forward
