#pragma once

#include <string>
#include <vector>

#include "command/command_line.h"

namespace martd::tools {

const command::CommandText& subscribe_command_text();

/// `martd sub`: follows channels and prints what comes, until it is refused for good, has printed as many messages as
/// it was asked for, or nobody reads its output any more. Blocks. `arguments` are those after `sub`.
/// Returns the exit code: 0 as asked, 1 refused, 2 wrong use.
int subscribe_command(const std::vector<std::string>& arguments, const command::Environment& environment);

}  // namespace martd::tools
