#include "push/etag.h"

#include <charconv>

namespace martd::push {

Etag origin_at(Time now) { return Etag{static_cast<std::uint64_t>(now.time_since_epoch().count())}; }

std::optional<Etag> parse_etag(std::string_view text) {
  // from_chars takes no sign and no space for an unsigned number, and reports what does not fit.
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() > 20) return std::nullopt;
  return Etag{number};
}

void append(std::string& out, Etag etag) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value(etag));
  static_cast<void>(error);  // 20 digits hold every 64-bit number
  out.append(digits, end);
}

std::string to_string(Etag etag) {
  std::string out;
  append(out, etag);
  return out;
}

}  // namespace martd::push
