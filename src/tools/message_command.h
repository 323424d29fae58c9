#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martd::tools {

/// Runs `command` by /bin/sh with `input` as its standard input and `variables` besides our own environment, and blocks
/// until it has ended. What came with a message never stands in the command itself, so the shell doesn't read it. An
/// empty variable isn't set, whatever ours is.
/// Returns nullopt if the command ended with 0, else what went wrong, for standard error: `the command ended with 3`.
std::optional<std::string> run_for_message(const std::string& command, std::string_view input,
                                           const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace martd::tools
