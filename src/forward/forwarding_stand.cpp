// Where a page's channels stood: taken before the site is asked, told with its answer.

#include <algorithm>

#include "forward/forwarding.h"
#include "push/hub.h"
#include "wire/channel_list.h"

namespace martd::forward {
namespace {

constexpr std::string_view kCursorLine = "Martd-Cursor: ";
constexpr std::string_view kTimingLine = "\r\nServer-Timing: martd;desc=\"";
constexpr std::string_view kTimingEnd = "\"\r\n";

}  // namespace

/// Before anything of the request goes to the site: what is published from here on is news to the page. False: refused.
bool Forwarding::take_stand(const wire::RequestHead& head, Time now) {
  const Settings& settings = gate_.settings();
  std::string asked;
  head.fields.each("Martd-Channels", [&](std::string_view value) { (asked += ',') += value; });
  if (asked.empty() && settings.snapshot.empty()) return true;
  auto channels = wire::parse_channel_list(asked, settings.subscribe.max_channels, wire::Surplus::left_out);
  if (!channels) {
    close_ |= !body_.done();
    refuse(400, "Martd-Channels: " + channels.error().message);
    return false;
  }
  for (const std::string& name : settings.snapshot)
    if (std::find(channels->begin(), channels->end(), name) == channels->end()) channels->push_back(name);
  stand_ = wire::format_stand(*channels, gate_.desk().hub().stand(*channels, now));
  return true;
}

/// What of the stand is told with a head of that size: whoever asks for many channels doesn't get an answer that the
/// proxies before this server won't take.
void Forwarding::tell_stand(std::size_t size) {
  constexpr std::size_t kLargestHead = 8192;
  const std::size_t added = size + kCursorLine.size() + kTimingLine.size() + kTimingEnd.size() + 4;
  const std::size_t room = added < kLargestHead ? (kLargestHead - added) / 2 : 0;
  stand_.resize(wire::cut_stand(stand_, room).size());
}

void Forwarding::end_head(Opening& opening) const {
  if (!stand_.empty()) {
    // A page's script can't read the headers of its own page, but its timings.
    for (const std::string_view piece :
         {kCursorLine, std::string_view(stand_), kTimingLine, std::string_view(stand_), kTimingEnd})
      opening.text += piece;
  }
  opening.text += "\r\n";
}

}  // namespace martd::forward
