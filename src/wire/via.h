#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/fields.h"

namespace martd::wire {

/// What this server calls itself in Via (RFC 9110 section 7.6.3): a pseudonym of one run, `martd-1a2b3c4d`. One name
/// for all would make each martd behind another look like the first one again.
std::string via_name(std::uint32_t random);

/// Whether a request goes round in a circle, as its Via lines tell: it has been here (`name`, as via_name() made it),
/// or came through more martds than anyone puts in a row, which are then perhaps always other ones.
bool goes_in_a_circle(std::span<const Field> fields, std::string_view name);

/// Martds that a request may have come through.
inline constexpr int kMostMartds = 16;

}  // namespace martd::wire
