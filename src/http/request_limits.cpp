#include "http/request_limits.h"

#include <algorithm>
#include <string>

#include "wire/request.h"

namespace martd::http {
namespace {

/// The form of /sub: a thousand channels with long, percent-encoded names fit.
constexpr std::size_t kMostForm = std::size_t{4} << 20;
/// A body that nobody asked for is read away up to this.
constexpr std::size_t kMostIgnored = std::size_t{64} * 1024;

}  // namespace

Refusal HeadLimits::refusal(bool by_target) const {
  if (by_target) return {414, "the request's target is longer than " + std::to_string(target) + " bytes"};
  return {431, "the request's header is longer than " + std::to_string(head) + " bytes"};
}

HeadLimits head_limits(std::string_view begun, const Settings& settings) {
  HeadLimits limits;
  if (begun.size() <= HeadLimits::kTarget) return limits;  // as nearly always
  std::string_view target = begun.substr(std::min(begun.find(' '), begun.size() - 1) + 1);
  target = target.substr(0, std::min(target.find(' '), HeadLimits::kPushTarget));
  if (route_of(wire::split_target(target).path, settings.prefix, settings.has_upstream) == Route::publish) {
    limits.target = HeadLimits::kPushTarget;
    limits.head += target.size();
  }
  return limits;
}

std::size_t body_limit(Route route, const Settings& settings) {
  switch (route) {
    case Route::publish:
      return settings.max_payload;
    case Route::subscribe:
      return kMostForm;
    default:
      return kMostIgnored;
  }
}

Refusal body_too_long(Route route, std::size_t limit) {
  const std::string bytes = "more than " + std::to_string(limit) + " bytes";
  return {413, route == Route::publish ? "payload: " + bytes + " (--max-payload)" : "the request's body: " + bytes};
}

Duration body_time(std::size_t bytes) { return std::chrono::seconds{60} + std::chrono::seconds{bytes / 10240}; }

bool can_read_away(const wire::RequestHead& head) {
  const std::uint64_t length = head.content_length.value_or(0);
  return !head.chunked && length <= kMostReadAway && (length == 0 || !head.fields.names("Expect", "100-continue"));
}

}  // namespace martd::http
