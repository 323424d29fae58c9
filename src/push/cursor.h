#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "push/etag.h"

namespace martd::push {

/// Where in one channel a subscriber begins to read: `0` everything that is kept, `now` only what is published from
/// now on, or everything after an etag.
struct Cursor {
  enum class Kind : std::uint8_t {
    after,  ///< what follows `etag`; etag 0 is 'everything that is kept'
    now,    ///< nothing that is there already
  };
  Kind kind = Kind::after;
  Etag etag{};

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

/// `0`, `now` or an etag.
std::optional<Cursor> parse_cursor(std::string_view text);

/// How much a subscriber will never see: nothing, a known count of etags, or an unknown number of them.
struct Missed {
  enum class Kind : std::uint8_t { none, count, some };
  Kind kind = Kind::none;
  std::uint64_t count = 0;

  explicit operator bool() const { return kind != Kind::none; }
  static Missed none() { return {}; }
  /// `count` 0 is none.
  static Missed of(std::uint64_t count) { return {count == 0 ? Kind::none : Kind::count, count}; }
  static Missed some() { return {Kind::some, 0}; }
  friend bool operator==(const Missed&, const Missed&) = default;
};

}  // namespace martd::push
