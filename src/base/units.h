#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martd {

/// `250ms`, `90s`, `10m`, `1h`, `7d`, or a bare number: seconds, but nanoseconds from 1000000000 on (as the original's
/// publish.py sends `life`). A decimal fraction is taken (`0.5`, `1.5h`). No sign, no space. Nothing where the text is
/// not that or the result doesn't fit.
std::optional<Duration> parse_duration(std::string_view text);

/// What parse_duration takes, for error messages.
inline constexpr std::string_view kDurationForms = "a number of seconds, or a number with ms, s, m, h or d";

/// Bytes: a bare number, or one with `K`, `M` or `G` (powers of 1024; lower case and a trailing `B`/`iB` taken).
std::optional<std::uint64_t> parse_byte_size(std::string_view text);
inline constexpr std::string_view kByteSizeForms = "a number of bytes, or a number with K, M or G";

/// The shortest exact form that parse_duration reads back: `250ms`, `90s`, `1h`.
std::string format_duration(Duration duration);
std::string format_byte_size(std::uint64_t bytes);

}  // namespace martd
