#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace martd {

/// One `key = value` of a configuration file, its values as text: `"10m"` as 10m, `100` as 100, `true` as true.
struct FileEntry {
  std::string key;
  std::vector<std::string> values;  ///< several for an array; an empty array has none
  int line = 0;                     ///< where the key stands, from 1
};

/// What is wrong with the file and in which line. Never repeats a value: it may be a secret.
struct FileError {
  int line = 0;
  std::string message;
};

/// Reads the part of TOML that options need: comments, bare and quoted keys, strings on one line, whole and decimal
/// numbers, booleans, arrays of these over any number of lines. All else that TOML has (tables, dotted keys, dates,
/// strings over several lines) is refused by its name, never misread. CLI11's own reader is not used: it takes a `#`
/// inside quotes for a comment and splits unquoted values at spaces and commas, which would shorten a secret silently.
std::variant<std::vector<FileEntry>, FileError> read_option_file(std::string_view text);

}  // namespace martd
