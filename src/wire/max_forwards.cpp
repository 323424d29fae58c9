#include "wire/max_forwards.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace martd::wire {

Result<std::optional<std::uint64_t>> read_max_forwards(std::string_view method, std::span<const Field> fields) {
  std::optional<std::uint64_t> left;
  if (method != "OPTIONS" && method != "TRACE") return left;
  for (const Field& field : fields) {
    if (!iequals(field.name, "max-forwards")) continue;
    const std::string_view digits = field.value;
    const bool number =
        !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (left || !number) return bad_request("Max-Forwards: not one whole number");
    std::uint64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    left = read.ec == std::errc{} ? value : std::numeric_limits<std::uint64_t>::max();
  }
  return left;
}

}  // namespace martd::wire
