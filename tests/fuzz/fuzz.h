#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace martd::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the run where a promise does not hold, in every build type.
inline void hold(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "not kept: %s\n", promise);
  std::abort();
}

/// Takes what stands before the next `separator` away from `rest`, and the separator.
inline std::string_view take(std::string_view& rest, char separator = '\n') {
  const std::string_view piece = rest.substr(0, rest.find(separator));
  rest.remove_prefix(piece.size() < rest.size() ? piece.size() + 1 : piece.size());
  return piece;
}

inline std::vector<std::string_view> split(std::string_view rest, char separator = '\n') {
  std::vector<std::string_view> pieces;
  while (!rest.empty()) pieces.push_back(take(rest, separator));
  return pieces;
}

}  // namespace martd::fuzz
