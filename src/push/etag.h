#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martd::push {

/// Names one message of a channel: the channel's origin (its birth, ns since 1970) plus the count of its messages.
/// Dense within one life of a channel, greater than anything of an earlier life. Clients treat it as opaque.
/// A bare clock says nothing about what was lost between two messages; a bare count starts again after a restart and
/// would make a returning client believe that it has seen what it has not. Both in one number cost eight bytes.
enum class Etag : std::uint64_t {};

constexpr std::uint64_t value(Etag etag) { return static_cast<std::uint64_t>(etag); }
constexpr Etag operator+(Etag etag, std::uint64_t count) { return Etag{value(etag) + count}; }
constexpr std::uint64_t operator-(Etag later, Etag earlier) { return value(later) - value(earlier); }

/// The etag that a channel created at `now` has as its origin.
Etag origin_at(Time now);

/// 1 to 20 decimal digits that fit 64 bits, nothing around them.
std::optional<Etag> parse_etag(std::string_view text);

std::string to_string(Etag etag);
void append(std::string& out, Etag etag);

}  // namespace martd::push
