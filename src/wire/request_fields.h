#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/refusal.h"
#include "wire/fields.h"

namespace martd::wire {

/// What several lines of one field mean, of the fields of a request that are looked at (RFC 9110 section 5.3). Requests
/// that are forwarded keep theirs as they came; wire/proxy_headers has the table of what becomes of those.
enum class Lines : std::uint8_t {
  list,     ///< all lines are one list, whichever an element stands in: Fields::list(), or Fields::each()
  once,     ///< it may stand once; the same a second time is the same, another one is refused with 400
  framing,  ///< twice is refused with the head, even if equal: wire/head_reader, wire/max_forwards
  hint,     ///< the first counts, or that it is there at all; nothing is decided by the others
};

struct RequestField {
  std::string_view name;  ///< in lower case
  Lines lines;
};

/// Every field that a request of ours is asked for. Who reads another one adds it here.
inline constexpr auto kRequestFields = std::to_array<RequestField>({
    {"accept", Lines::list},
    {"accept-encoding", Lines::list},
    {"access-control-request-headers", Lines::list},
    {"access-control-request-method", Lines::once},
    {"authorization", Lines::once},
    {"cache-control", Lines::list},
    {"connection", Lines::list},
    {"content-encoding", Lines::list},
    {"content-length", Lines::framing},
    {"content-range", Lines::hint},
    {"content-type", Lines::once},
    {"cookie", Lines::list},
    {"expect", Lines::list},
    {"forwarded", Lines::list},
    {"host", Lines::framing},
    {"if-match", Lines::list},
    {"if-none-match", Lines::list},
    {"last-event-id", Lines::once},
    {"martd-channels", Lines::list},
    {"max-forwards", Lines::framing},
    {"origin", Lines::once},
    {"sec-fetch-dest", Lines::hint},
    {"sec-fetch-mode", Lines::hint},
    {"sec-fetch-site", Lines::hint},
    {"transfer-encoding", Lines::framing},
    {"upgrade", Lines::list},
    {"via", Lines::list},
    {"x-forwarded-for", Lines::list},
    {"x-forwarded-host", Lines::list},
    {"x-forwarded-proto", Lines::list},
});

/// A field that may stand once and stands there twice with different values: two readers would take two requests for
/// one. The message never has a value, which may be a secret. For requests that are answered here.
std::optional<Refusal> refuse_repeated(const Fields& fields);

/// The codings that a request's body may have, as Accept-Encoding says it with a 415 (RFC 9110 section 15.5.16): none,
/// as it is kept and delivered byte for byte, and no subscriber is told of one.
inline constexpr std::string_view kTakenCodings = "identity";

/// Of a request whose body would be read: 415 for a Content-Encoding, and 400 for a Content-Range (who doesn't know
/// parts would take one for the whole, RFC 9110 section 14.5).
std::optional<Refusal> refuse_body_fields(const Fields& fields);

}  // namespace martd::wire
