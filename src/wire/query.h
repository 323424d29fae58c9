#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "push/time.h"
#include "wire/refusal.h"

namespace martd::wire {

// What the queries of /pub and /sub have in common. Only for this room.

/// Reads application/x-www-form-urlencoded pairs one after the other. Empty pieces are skipped, a piece without `=` is
/// a name with an empty value. `text` must stay while it is read.
class QueryReader {
 public:
  struct Pair {
    std::string name;
    std::string value;
  };

  explicit QueryReader(std::string_view text) : rest_(text) {}
  /// The next one, which may be moved from and stays until the next call. Null at the end. Refuses a `%` that is not
  /// followed by two hex digits, with the name but never the value, which may be a key.
  Result<Pair*> next();

 private:
  std::string_view rest_;
  Pair pair_;
};

/// `text` as a message may show it: valid UTF-8, cut to some 64 bytes.
std::string shown(std::string_view text);

/// `name: not <what>: <text> (taken: <taken>)`
Refusal not_taken(std::string_view name, std::string_view what, std::string_view text, std::string_view taken);

/// `name: <text> is out of range (taken: <taken>)`
Refusal out_of_range(std::string_view name, std::string_view text, std::string_view taken);

/// A duration from `least` to `most`, both of them taken.
Result<push::Duration> read_duration(std::string_view name, std::string_view text, push::Duration least,
                                     push::Duration most);
}  // namespace martd::wire
