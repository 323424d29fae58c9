#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/command_line.h"

namespace martd::command {

// What shells and man are told of the program, made from the tables that its commands read their arguments by: so
// nothing is described that isn't there, and nothing is left out. Pure.

/// One command of the program.
struct NamedCommand {
  std::string_view name;     ///< `pub`; empty: the program without a command
  std::string_view summary;  ///< in a few words, for a list of commands
  const CommandText* text;
  /// Words of which one comes first, with a file behind it. Empty: what its arguments are is anyone's guess.
  std::vector<std::string_view> words = {};
};

/// Functions for the completion of `martd` in bash (complete -F) and zsh (#compdef). The first command has no name.
std::string bash_completion(std::span<const NamedCommand> commands);
std::string zsh_completion(std::span<const NamedCommand> commands);

/// martd(1), in man's macros.
std::string man_page(std::span<const NamedCommand> commands);

}  // namespace martd::command
