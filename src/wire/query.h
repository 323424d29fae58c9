#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/refusal.h"
#include "base/time.h"

namespace martd::wire {

// What the queries of /pub and /sub have in common. Only for this room.

/// Reads application/x-www-form-urlencoded pairs one after the other. Empty pieces are skipped, a piece without `=` is
/// a name with an empty value. `text` must stay while it is read.
class QueryReader {
 public:
  explicit QueryReader(std::string_view text) : rest_(text) {}

  /// Goes to the next pair. False at the end, and at a `%` that is not followed by two hex digits: see wrong().
  bool next();
  // Of the pair; they stay until the next call.
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }
  /// The refusal that ended it, if one did: with the name but never the value, which may be a key.
  std::optional<Refusal>& wrong() { return wrong_; }

 private:
  bool decode();

  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
  std::string decoded_name_;
  std::string decoded_value_;
  std::optional<Refusal> wrong_;
};

/// `text` as a message may show it: valid UTF-8, cut to some 64 bytes.
std::string shown(std::string_view text);

/// `name: not <what>: <text> (taken: <taken>)`
Refusal not_taken(std::string_view name, std::string_view what, std::string_view text, std::string_view taken);

/// `name: <text> is out of range (taken: <taken>)`
Refusal out_of_range(std::string_view name, std::string_view text, std::string_view taken);

/// Why `name` can't be a channel that a request names; nothing where it can.
std::optional<Refusal> refuse_channel_name(std::string_view name);

/// A duration from `least` to `most`, both of them taken.
Result<Duration> read_duration(std::string_view name, std::string_view text, Duration least, Duration most);
}  // namespace martd::wire
