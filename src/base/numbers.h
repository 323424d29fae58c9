#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace martd {

inline void append_number(std::string& out, std::uint64_t number) {
  char digits[20];  // enough for every 64-bit number
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace martd
