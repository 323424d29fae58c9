#include "http/request_limits.h"

#include <algorithm>
#include <string>

#include "wire/request.h"

namespace martd::http {

Refusal HeadLimits::refusal(bool by_target) const {
  if (by_target) return {414, "the request's target is longer than " + std::to_string(target) + " bytes"};
  return {431, "the request's header is longer than " + std::to_string(head) + " bytes"};
}

HeadLimits limits_of_long_head(std::string_view begun, const Settings& settings) {
  HeadLimits limits;
  std::string_view target = begun.substr(std::min(begun.find(' '), begun.size() - 1) + 1);
  target = target.substr(0, std::min(target.find(' '), HeadLimits::kPushTarget));
  if (route_of(wire::split_target(target).path, settings.prefix, settings.has_upstream) == Route::publish) {
    limits.target = HeadLimits::kPushTarget;
    limits.head += target.size();
  }
  return limits;
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
