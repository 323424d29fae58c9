#pragma once

#include <string>
#include <vector>

#include "command/command_line.h"

namespace martd::tools {

const command::CommandText& doctor_command_text();

/// `martd doctor`: tries a server from outside, through whatever stands before it, and prints a line for each thing
/// that it looked at, with what to change below it. Blocks. `arguments` are those after `doctor`. Returns the exit
/// code: 0 nothing failed, 1 something did, 2 wrong use.
int doctor_command(const std::vector<std::string>& arguments, const command::Environment& environment);

}  // namespace martd::tools
