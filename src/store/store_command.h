#pragma once

#include <string>
#include <vector>

#include "command/command_line.h"

namespace martd::store {

/// For --help, completions and the man page.
const command::CommandText& store_command_text();

/// `martd store check|export|import FILE`: looks after a store. `arguments` are those after `store`. Returns the exit
/// code: 0 all is well, 1 it is not, 2 wrong use.
int store_command(const std::vector<std::string>& arguments);

}  // namespace martd::store
