#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace martd {

/// The length of the well-formed UTF-8 sequence at the start of `bytes` (no overlong form, no surrogate, at most
/// U+10FFFF), or 0. `bytes` is not empty.
std::size_t utf8_sequence(std::string_view bytes);

/// Whether all of `bytes` is well-formed UTF-8.
bool is_utf8(std::string_view bytes);

/// Whether UTF-8 text has a control character in it (U+0000 to U+001F, U+007F to U+009F).
bool has_control(std::string_view text);

/// `bytes` decoded as the WHATWG Encoding Standard's UTF-8 decoder does it and encoded again: what is malformed becomes
/// U+FFFD, one for each maximal subpart. A leading byte order mark is kept as it is (the caller knows what it means
/// there).
void append_utf8_lossy(std::string& out, std::string_view bytes);

}  // namespace martd
