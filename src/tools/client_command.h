#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command/command_line.h"

namespace martd::tools {

// What `martd pub`, `sub` and `doctor` have in common beside the server (tools/server_option.h).

/// Reads the arguments and returns the exit code: that of `run`, or of --help and wrong use, which are answered here.
/// While `run` runs, a write to what nobody reads any more is an error and doesn't end the process.
int client_command(const command::CommandText& command, const std::vector<std::string>& arguments,
                   const command::Environment& environment,
                   int (*run)(const command::CommandLine&, const command::Environment&));

/// A line on standard error.
void say(const std::string& what);

/// Says what is wrong; returns the exit code for it.
int wrong_use(const std::string& line);

/// The value of an option that may stand once, or `otherwise`.
std::string value_or(const command::CommandLine& line, std::string_view name, std::string otherwise);

/// A variable's value; empty where it isn't set.
std::string variable(const command::Environment& environment, std::string_view name);

/// Whether the server would refuse the name, as standard error is then told: it would be read as an option, or not at
/// all.
bool refuse_channel(const std::string& channel);

/// `prefix` and 64 random bits in hexadecimal: a name that nobody else uses.
std::string random_name(std::string_view prefix);

}  // namespace martd::tools
