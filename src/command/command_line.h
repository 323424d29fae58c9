#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "command/option_text.h"

namespace martd::command {

/// Names and values of environment variables.
using Environment = std::map<std::string, std::string, std::less<>>;

/// A command, for reading its arguments and for --help.
struct CommandText {
  std::string_view usage;   ///< one line or more, as they are shown
  std::string_view footer;  ///< shown after the options
  std::vector<OptionText> options;
};

/// What the arguments said. Nothing is checked but that names are known and stand once.
struct CommandLine {
  std::map<std::string, std::vector<std::string>, std::less<>> values;  ///< by name; a flag's value is `true`
  std::vector<std::string> arguments;                                   ///< those that are no options, in order
};

/// `--help` or `--version`: for standard output, exit code 0.
struct Shown {
  std::string text;
};

/// What is wrong and what is taken, one line without its end: for standard error after `martd: `, exit code 2.
struct Wrong {
  std::string line;
};

/// Reads `--name value`, `--name=value`, flags, `--help`, `-h` and `--version`; after `--` nothing is an option.
/// `arguments` are without the program's name. Never throws for what the user wrote; never repeats a value.
std::variant<CommandLine, Shown, Wrong> read_command_line(const CommandText& command,
                                                          const std::vector<std::string>& arguments);

/// ` (nearest: --max-size)`, or nothing where no name of `options` is near. `prefix` stands before the name.
std::string nearest_option(const std::vector<OptionText>& options, std::string_view name, std::string_view prefix);

}  // namespace martd::command
