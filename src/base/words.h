#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace martd {

// Eight bytes at a time, for the loops that look through payloads and heads. Each test answers with any bit set where
// at least one of the eight bytes has the property, and 0 where none has; which one it is, the caller finds byte by
// byte, or by first_of().

inline std::uint64_t load_word(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

constexpr std::uint64_t kWordOnes = 0x0101010101010101U;
constexpr std::uint64_t kWordHighs = 0x8080808080808080U;

/// A byte less than `limit`, which is at most 0x80.
constexpr std::uint64_t any_below(std::uint64_t word, unsigned char limit) {
  return (word - kWordOnes * limit) & ~word & kWordHighs;
}

/// A byte equal to `byte`.
constexpr std::uint64_t any_equal(std::uint64_t word, unsigned char byte) {
  return any_below(word ^ (kWordOnes * byte), 1);
}

/// A byte of 0x80 or more.
constexpr std::uint64_t any_high(std::uint64_t word) { return word & kWordHighs; }

/// The index of the first byte that has the property; the tests of several may be joined by `|`. `found` is not 0. Of a
/// test only its lowest bit is exact, and that is the one that counts here.
constexpr std::size_t first_of(std::uint64_t found) {
  if constexpr (std::endian::native == std::endian::big) return 0;  // the caller looks from there on
  return static_cast<std::size_t>(std::countr_zero(found)) / 8;
}

}  // namespace martd
