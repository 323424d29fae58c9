#include <set>

#include "base/percent.h"
#include "base/units.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "wire/publish_request.h"

using namespace martd;
using fuzz::hold;

namespace {

/// A query that says the same.
std::string written(const wire::PublishRequest& request) {
  std::string query;
  for (const auto& channel : request.channels) query += "channel=" + encode_component(channel) + "&";
  query += ".size=" + std::to_string(request.attributes.size);
  query += "&life=" + format_duration(request.attributes.life);
  query += request.attributes.one2one ? "&one2one=1" : "&one2one=false";
  query += "&key=" + encode_component(request.attributes.key);
  if (request.expire) query += "&.expire=" + format_duration(*request.expire);
  query += "&event=" + encode_component(request.event);
  return query + "&id=" + encode_component(request.id);
}

bool same(const wire::PublishRequest& a, const wire::PublishRequest& b) {
  return a.channels == b.channels && a.attributes.size == b.attributes.size && a.attributes.life == b.attributes.life &&
         a.attributes.one2one == b.attributes.one2one && a.attributes.key == b.attributes.key && a.expire == b.expire &&
         a.event == b.event && a.id == b.id;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kSecret = "0pen-sesame";
  const std::string_view query = fuzz::text(data, size);
  wire::PublishLimits limits;
  limits.max_channels = 5;
  const auto conditions = wire::parse_conditions(query, query, 1);
  if (!conditions) hold(conditions.error().status == 400, "a refusal is 400");

  const auto request = wire::parse_publish_request(query, limits);
  if (request) {
    hold(!request->channels.empty() && request->channels.size() <= limits.max_channels, "channels within the limit");
    for (const auto& channel : request->channels) hold(push::valid_channel_name(channel), "valid channel names");
    hold(std::set<std::string>(request->channels.begin(), request->channels.end()).size() == request->channels.size(),
         "no channel twice");
    hold(request->attributes.size >= 1 && request->attributes.size <= limits.max_size, "size in its range");
    hold(request->attributes.life >= std::chrono::milliseconds{1} && request->attributes.life <= limits.max_life,
         "life in its range");
    hold(!request->expire || (*request->expire >= std::chrono::milliseconds{1} && *request->expire <= limits.max_life),
         "expire in its range");
    hold(request->attributes.key.size() <= 256, "no longer key");
    hold(request->id.size() <= 128 && is_utf8(request->id), "the id's form");
    hold(request->event.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "no line break in an event");
    const auto again = wire::parse_publish_request(written(*request), limits);
    hold(again && same(*request, *again), "read back the same");
  } else {
    hold(request.error().status == 400, "refused with 400");
    hold(is_utf8(request.error().message) && request.error().message.size() < 1000, "a short message");
  }

  if (query.find(kSecret) != std::string_view::npos) return 0;
  for (const char* name : {"key=", ".key="}) {
    const auto keyed =
        wire::parse_publish_request(std::string(query) + "&" + name + std::string(kSecret) + "%", limits);
    hold(keyed.has_error() && keyed.error().message.find(kSecret) == std::string::npos, "no message shows a key");
  }
  return 0;
}
