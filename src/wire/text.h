#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace martd::wire {

/// `bytes` decoded as the WHATWG Encoding Standard's UTF-8 decoder does it and encoded again: what is malformed becomes
/// U+FFFD, one for each maximal subpart. A leading byte order mark is kept as it is (the caller knows what it means
/// there).
void append_utf8_lossy(std::string& out, std::string_view bytes);

/// RFC 4648 section 4, with padding.
void append_base64(std::string& out, std::string_view bytes);

/// `text` as a JSON string with its quotes (RFC 8259). `text` must be UTF-8. U+2028 and U+2029 are escaped, and `<` is
/// not.
void append_json_string(std::string& out, std::string_view text);

/// %XX decoded and `+` as a space, as in application/x-www-form-urlencoded. Nothing where a `%` isn't followed by two
/// hex digits.
std::optional<std::string> decode_form(std::string_view text);

/// Percent-encodes all but RFC 3986's unreserved characters.
std::string encode_component(std::string_view text);

/// ASCII only, as HTTP compares names.
bool iequals(std::string_view a, std::string_view b);

/// The known word that `word` was most likely meant to be (a small edit distance), or empty.
std::string_view nearest(std::string_view word, const std::string_view* begin, const std::string_view* end);

}  // namespace martd::wire
