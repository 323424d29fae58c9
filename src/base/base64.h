#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace martd {

/// RFC 4648 section 4, with padding.
void append_base64(std::string& out, std::string_view bytes);

/// Appends the bytes that `text` stands for. Only what append_base64() writes of them is taken: padded, nothing between
/// the digits, no bits set that belong to no byte. Returns what is wrong with it; then `out` is as it was.
std::optional<std::string_view> append_base64_decoded(std::string& out, std::string_view text);

}  // namespace martd
