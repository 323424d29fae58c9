#pragma once

#include <string>
#include <variant>
#include <vector>

#include "command/command_line.h"

namespace martd {

/// `martd --completion bash`, `martd --completion zsh`, `martd --man-page`, which the build and packagers call: the
/// text for standard output, or what is wrong and what is taken.
std::variant<command::Shown, command::Wrong> manual(const std::vector<std::string>& arguments);

/// Whether the arguments ask for one of them.
bool asks_for_manual(const std::vector<std::string>& arguments);

}  // namespace martd
