#pragma once

#include <cstddef>
#include <string_view>

namespace martd::push {

/// The length of the well-formed UTF-8 sequence at the start of `bytes` (no overlong form, no surrogate, at most
/// U+10FFFF), or 0. `bytes` is not empty.
std::size_t utf8_sequence(std::string_view bytes);

/// Whether all of `bytes` is well-formed UTF-8.
bool is_utf8(std::string_view bytes);

}  // namespace martd::push
