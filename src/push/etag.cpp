#include "push/etag.h"

#include <bit>
#include <charconv>
#include <cstring>

namespace martd::push {
namespace {

constexpr std::uint64_t kEightDigits = 100000000;
/// Numbers of so many digits fit 64 bits, whatever the digits.
constexpr std::size_t kAlwaysFit = 19;

/// Writes `number`, below 10^8, as eight digits: halves, quarters and single digits are each taken apart at once, side
/// by side in one word. Every message's etag is written at least once, and the library's way takes four times as long.
void write_eight(char* to, std::uint64_t number) {
  const std::uint64_t halves = number / 10000 | (number % 10000) << 32;
  // x * 10486 >> 20 is x / 100 for x below 10,000, and x * 103 >> 10 is x / 10 for x below 100.
  const std::uint64_t hundreds = halves * 10486 >> 20 & 0x0000007F0000007FU;
  const std::uint64_t quarters = hundreds | (halves - hundreds * 100) << 16;
  const std::uint64_t tens = quarters * 103 >> 10 & 0x000F000F000F000FU;
  std::uint64_t digits = (tens | (quarters - tens * 10) << 8) + 0x3030303030303030U;
  if constexpr (std::endian::native == std::endian::big) digits = __builtin_bswap64(digits);
  std::memcpy(to, &digits, sizeof digits);
}

}  // namespace

Etag origin_at(Time now) { return Etag{static_cast<std::uint64_t>(now.time_since_epoch().count())}; }

std::optional<Etag> parse_etag(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty()) return std::nullopt;
  if (text.size() <= kAlwaysFit) {
    // As nearly always: none of the library's looks whether it still fits.
    for (const char digit : text) {
      if (digit < '0' || digit > '9') return std::nullopt;
      number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return Etag{number};
  }
  // from_chars takes no sign and no space for an unsigned number, and reports what does not fit.
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() > 20) return std::nullopt;
  return Etag{number};
}

void append(std::string& out, Etag etag) {
  std::uint64_t rest = value(etag);
  std::uint64_t eights[2];
  int count = 0;
  for (; rest >= kEightDigits; rest /= kEightDigits) eights[count++] = rest % kEightDigits;
  char digits[24];  // 20 hold every 64-bit number
  char* end = std::to_chars(digits, digits + 8, rest).ptr;
  for (; count > 0; end += 8) write_eight(end, eights[--count]);
  out.append(digits, end);
}

std::string to_string(Etag etag) {
  std::string out;
  append(out, etag);
  return out;
}

}  // namespace martd::push
