#pragma once

#include <cstddef>

namespace martd::pages::html {

// What the tokenization states ask of a byte.

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool ends_name(char c) { return is_space(c) || c == '/' || c == '>'; }

inline constexpr std::size_t kMaxName = 32;  ///< bytes kept of a name

}  // namespace martd::pages::html
