#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/refusal.h"
#include "base/time.h"
#include "http/router.h"
#include "http/settings.h"
#include "wire/request_head.h"

namespace martd::http {

/// How long a head may be, in bytes. A push to a thousand channels names them all in its target, so the path decides.
struct HeadLimits {
  static constexpr std::size_t kTarget = std::size_t{16} * 1024;
  static constexpr std::size_t kPushTarget = std::size_t{64} * 1024;  ///< of /pub
  static constexpr std::size_t kHead = std::size_t{64} * 1024;

  std::size_t target = kTarget;
  std::size_t head = kHead;  ///< with the target

  /// The bytes of a request line whose target is as long as it may be: with the method and the version.
  std::size_t line() const { return target + 64; }
  /// What a client is told of a head that is longer, or whose target is.
  Refusal refusal(bool by_target) const;
};

/// The limits of a head that is longer than HeadLimits::kTarget, or of what there is of one.
HeadLimits limits_of_long_head(std::string_view begun, const Settings& settings);
/// The limits of any.
inline HeadLimits head_limits(std::string_view begun, const Settings& settings) {
  return begun.size() <= HeadLimits::kTarget ? HeadLimits() : limits_of_long_head(begun, settings);
}

/// The form of /sub: a thousand channels with long, percent-encoded names fit.
inline constexpr std::size_t kMostForm = std::size_t{4} << 20;
/// A body that nobody asked for is read away up to this.
inline constexpr std::size_t kMostIgnored = std::size_t{64} * 1024;
/// The bytes that a request's body may have where it is answered here.
inline std::size_t body_limit(Route route, const Settings& settings) {
  if (route == Route::publish) return settings.max_payload;
  return route == Route::subscribe ? kMostForm : kMostIgnored;
}
/// What a client is told of a body that is longer than `limit`: 413, by the name of its limit.
Refusal body_too_long(Route route, std::size_t limit);

/// How long a body of `bytes` may take from the end of its head: a minute, and a second for each 10 KiB.
Duration body_time(std::size_t bytes);

/// Of a request that was refused by its head the body is read away up to this, in bytes, and the connection goes on: a
/// client that sends all of it before it reads gets its answer, and its next request.
inline constexpr std::size_t kMostReadAway = std::size_t{256} * 1024;
/// Whether that can be done. Not where its length isn't known; nor where the client waits for leave to send it: it may
/// send it all the same, or not, and nobody knows what comes next then (RFC 9110 section 10.1.1).
bool can_read_away(const wire::RequestHead& head);

}  // namespace martd::http
