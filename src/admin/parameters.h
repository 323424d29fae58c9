#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/refusal.h"

namespace martd::admin {

/// The query of one of the listener's paths. Pure.
class Parameters {
 public:
  /// Refuses a name that is not one of `known`, with the nearest one named, one that is there twice, and what isn't
  /// percent-encoded as it should be. An empty value is as if left out.
  static Result<Parameters> parse(std::string_view query, std::initializer_list<std::string_view> known);

  const std::string* text(std::string_view name) const;
  /// A whole number from 1 to `most`.
  Result<std::size_t> count(std::string_view name, std::size_t otherwise, std::size_t most) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// A path as `/channels/NAME/kick` in its segments, each percent-decoded; a `+` stands for itself. Nothing where it
/// doesn't begin with a slash, or a `%` isn't followed by two hex digits.
std::optional<std::vector<std::string>> path_segments(std::string_view path);

}  // namespace martd::admin
