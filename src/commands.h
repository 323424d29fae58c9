#pragma once

#include <string>
#include <vector>

#include "command/command_line.h"

namespace martd {

/// Runs what the program's arguments ask for, without its name: the command that the first one names, the server where
/// it names none, or `--completion bash`, `--completion zsh`, `--man-page`, which the build and packagers call. Returns
/// the exit code: 2 for wrong use, which is told on standard error.
int run_command(const std::vector<std::string>& arguments, const command::Environment& environment);

}  // namespace martd
