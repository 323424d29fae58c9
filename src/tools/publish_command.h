#pragma once

#include <string>
#include <vector>

#include "command/command_line.h"

namespace martd::tools {

const command::CommandText& publish_command_text();

/// `martd pub`: publishes one message, or one a line. Blocks; reads standard input where it is asked to.
/// `arguments` are those after `pub`. Returns the exit code: 0 all accepted, 1 refused or the server is away, 2 wrong
/// use.
int publish_command(const std::vector<std::string>& arguments, const command::Environment& environment);

}  // namespace martd::tools
