#pragma once

#include <cstddef>
#include <cstdint>

namespace martd::push {

// For whoever only hands an ending on: the table is in push/ending.h, and grows.

enum class Ending : std::uint8_t;
/// An array by Ending has so many: there is room for more than there are.
inline constexpr std::size_t kRoomForEndings = 16;

}  // namespace martd::push
