#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/refusal.h"
#include "wire/fields.h"

namespace martd::wire {

/// How many servers may still pass this request on: `Max-Forwards` (RFC 9110 section 7.6.2), which counts for OPTIONS
/// and TRACE only. No value means any number. Refused (400): two of them, or one that is no number. A number beyond 64
/// bits is the greatest that fits.
Result<std::optional<std::uint64_t>> read_max_forwards(std::string_view method, std::span<const Field> fields);

}  // namespace martd::wire
