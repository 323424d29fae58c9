#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace martd {

/// %XX decoded and `+` as a space, as in application/x-www-form-urlencoded. Nothing where a `%` isn't followed by two
/// hex digits.
std::optional<std::string> decode_form(std::string_view text);

/// Percent-encodes all but RFC 3986's unreserved characters.
std::string encode_component(std::string_view text);

}  // namespace martd
