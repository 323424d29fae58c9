#pragma once

#include <string>
#include <vector>

#include "command/command_line.h"

namespace martd {

/// The program without a command: reads its options and runs the server until it is told to stop, or with
/// --check-config only says whether it could. Returns the exit code: that of run_server(), and 2 for wrong options.
int server_command(const std::vector<std::string>& arguments, const command::Environment& environment);

}  // namespace martd
