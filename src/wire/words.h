#pragma once

#include <cstdint>
#include <cstring>

namespace martd::wire {

// Eight bytes at a time, for the loops that look through payloads and heads. Each test answers with any bit set where
// at least one of the eight bytes has the property, and 0 where none has; which one it is, the caller finds byte by
// byte.

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

}  // namespace martd::wire
