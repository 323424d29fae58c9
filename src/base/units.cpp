#include "base/units.h"

#include <array>
#include <charconv>
#include <limits>

namespace martd {
namespace {

constexpr std::uint64_t kNanosecond = 1;
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kSecond = 1'000 * kMillisecond;

/// From this bare number on it is nanoseconds: the original's publish.py sends `life` so, and nobody means 31 years.
constexpr std::uint64_t kBareIsNanoseconds = 1'000'000'000;

struct Unit {
  std::string_view suffix;
  std::uint64_t size;
};
// From the largest on, so that the first that divides a duration gives its shortest whole form.
constexpr std::array<Unit, 5> kDurationUnits{{
    {"d", 86'400 * kSecond},
    {"h", 3'600 * kSecond},
    {"m", 60 * kSecond},
    {"s", kSecond},
    {"ms", kMillisecond},
}};
constexpr std::array<Unit, 3> kByteUnits{{{"G", 1ULL << 30}, {"M", 1ULL << 20}, {"K", 1ULL << 10}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits at the start of `text` away.
std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::optional<std::uint64_t> whole_number(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// `0.<digits>` of `unit`, rounded down. From the last digit to the first, each step rounded down, which comes to the
/// same as rounding once and never holds more than ten units.
std::uint64_t fraction_of(std::string_view digits, std::uint64_t unit) {
  std::uint64_t sum = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    sum = (static_cast<std::uint64_t>(*digit - '0') * unit + sum) / 10;
  return sum;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto whole = whole_number(take_digits(text));
  if (!whole) return std::nullopt;
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
  }
  std::uint64_t unit = 0;
  if (text.empty()) {
    unit = *whole >= kBareIsNanoseconds ? kNanosecond : kSecond;
  } else {
    for (const Unit& candidate : kDurationUnits)
      if (candidate.suffix == text) unit = candidate.size;
    if (unit == 0) return std::nullopt;
  }
  std::uint64_t sum = 0;
  if (__builtin_mul_overflow(*whole, unit, &sum)) return std::nullopt;
  if (__builtin_add_overflow(sum, fraction_of(fraction, unit), &sum)) return std::nullopt;
  if (sum > static_cast<std::uint64_t>(Duration::max().count())) return std::nullopt;
  return Duration{static_cast<Duration::rep>(sum)};
}

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  const auto number = whole_number(take_digits(text));
  if (!number) return std::nullopt;
  if (text.empty()) return number;
  std::uint64_t unit = 0;
  for (const Unit& candidate : kByteUnits)
    if (lower(candidate.suffix[0]) == lower(text[0])) unit = candidate.size;
  if (unit == 0) return std::nullopt;
  text.remove_prefix(1);
  if (text.size() == 2 && lower(text[0]) == 'i') text.remove_prefix(1);
  if (!text.empty() && (text.size() != 1 || lower(text[0]) != 'b')) return std::nullopt;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(*number, unit, &bytes)) return std::nullopt;
  return bytes;
}

std::string format_duration(Duration duration) {
  // There is no negative one in any interface; a log line is better off with a readable one than with none.
  const bool negative = duration.count() < 0;
  const auto bits = static_cast<std::uint64_t>(duration.count());
  const std::uint64_t nanoseconds = negative ? std::uint64_t{0} - bits : bits;
  std::string out = negative ? "-" : "";
  if (nanoseconds == 0) return "0s";
  for (const Unit& unit : kDurationUnits)
    if (nanoseconds % unit.size == 0) return out + std::to_string(nanoseconds / unit.size).append(unit.suffix);
  // Finer than a millisecond: decimals of one. A bare count of nanoseconds would be read as seconds where it is small.
  out += std::to_string(nanoseconds / kMillisecond);
  std::string decimals = std::to_string(kMillisecond + nanoseconds % kMillisecond);  // the 1 in front keeps the zeros
  decimals.erase(decimals.find_last_not_of('0') + 1);
  decimals[0] = '.';
  return out.append(decimals).append("ms");
}

std::string format_byte_size(std::uint64_t bytes) {
  for (const Unit& unit : kByteUnits)
    if (bytes != 0 && bytes % unit.size == 0) return std::to_string(bytes / unit.size).append(unit.suffix);
  return std::to_string(bytes);
}

}  // namespace martd
