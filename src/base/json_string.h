#pragma once

#include <string>
#include <string_view>

namespace martd {

/// `text` as a JSON string with its quotes (RFC 8259). `text` must be UTF-8. What some readers take for the end of a
/// line (U+0085, U+2028, U+2029) is escaped, and `<` is not.
void append_json_string(std::string& out, std::string_view text);

}  // namespace martd
