#include <set>

#include "base/percent.h"
#include "base/units.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "push/attributes.h"
#include "wire/subscribe_request.h"

using namespace martd;
using fuzz::hold;

namespace {

std::string written(const push::Cursor& cursor) {
  return cursor.kind == push::Cursor::Kind::now ? "now" : push::to_string(cursor.etag);
}

/// A query that says the same, the cursors together in `.cursor`.
std::string written(const wire::SubscribeRequest& request) {
  std::string query;
  std::string cursor;
  for (const auto& want : request.wants) {
    query += encode_component(want.channel) + "=0&";
    cursor += (cursor.empty() ? "" : ".") + written(want.cursor);
  }
  if (!request.wants.empty()) query += ".cursor=" + cursor;
  query += "&cid=" + encode_component(request.cid);
  query += "&.wait=" + format_duration(request.wait);
  query += request.json ? "&.format=json" : "&.format=text";
  constexpr std::string_view kTransports[] = {"poll", "sse", "lines"};
  if (request.transport == wire::Transport::web_socket) return query;
  return query.append("&.transport=").append(kTransports[static_cast<std::size_t>(request.transport)]);
}

bool same(const wire::SubscribeRequest& a, const wire::SubscribeRequest& b) {
  if (a.wants.size() != b.wants.size() || a.cid != b.cid || a.json != b.json || a.wait != b.wait) return false;
  for (std::size_t i = 0; i < a.wants.size(); ++i)
    if (a.wants[i].channel != b.wants[i].channel || a.wants[i].cursor != b.wants[i].cursor) return false;
  return a.transport == b.transport;
}

}  // namespace

/// The lines of the input: query, form, Accept, Last-Event-ID, If-None-Match, and whether there is an Upgrade.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text(data, size);
  const std::string_view query = fuzz::take(rest);
  const std::string_view form = fuzz::take(rest);
  wire::SubscribeHeaders headers;
  headers.accept = fuzz::take(rest);
  headers.last_event_id = fuzz::take(rest);
  headers.if_none_match = fuzz::take(rest);
  headers.web_socket = !rest.empty();
  wire::SubscribeLimits limits;
  limits.max_channels = 5;

  const auto request = wire::parse_subscribe_request(query, form, headers, limits);
  if (!request) {
    hold(request.error().status == 400, "refused with 400");
    hold(is_utf8(request.error().message) && request.error().message.size() < 1000, "a short message");
    return 0;
  }
  hold(request->wants.size() <= limits.max_channels, "channels within the limit");
  hold(!request->wants.empty() || request->transport == wire::Transport::poll, "no stream without a channel");
  hold(request->wait >= Duration::zero() && request->wait <= limits.max_wait, "the wait in its range");
  hold(!request->if_none_match || request->transport == wire::Transport::poll, "If-None-Match only for long-poll");
  std::set<std::string> names;
  for (const auto& want : request->wants) {
    hold(push::valid_channel_name(want.channel), "valid channel names");
    hold(names.insert(want.channel).second, "no channel twice");
  }
  wire::SubscribeHeaders upgrade;
  upgrade.web_socket = request->transport == wire::Transport::web_socket;
  const auto again = wire::parse_subscribe_request(written(*request), "", upgrade, limits);
  hold(again && same(*request, *again), "read back the same");
  return 0;
}
