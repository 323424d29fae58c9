#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/refusal.h"
#include "http/router.h"
#include "wire/request_head.h"

namespace martd::http {

/// What the head of a request says against it by itself, whoever asks, whatever its body is: a field that may stand
/// once and stands there differently twice (400), and of a body that would be read a coding (415) or that it is only a
/// part (400). Returns nullopt if it may go on. For requests that are answered here.
std::optional<Refusal> refuse_head(const wire::RequestHead& head, Route route);

/// The header lines that go with a refusal of that status, each with CR LF, or nothing.
std::string_view lines_of_refusal(int status);

/// The further header lines of a preflight's answer (WHATWG Fetch, CORS preflight). `asked` is the list of
/// Access-Control-Request-Headers: its names are given back, as far as they fit.
std::string preflight_lines(std::string_view asked);

}  // namespace martd::http
