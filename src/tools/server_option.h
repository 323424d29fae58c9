#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "tools/command_line.h"
#include "tools/server_client.h"

namespace martd::tools {

// What `martd pub` and `martd sub` have in common.

inline constexpr std::string_view kServerGroup = "The server";
inline constexpr OptionText kServerOption{
    "server", "URL", kServerGroup,
    "http://HOST[:PORT][/PREFIX] or https://...; also as\nMARTD_SERVER (http://localhost:54321)"};

struct ServerOption {
  std::string url;  ///< as it was given, for what is said
  ServerAddress address;
};

/// --server, else MARTD_SERVER, else the default.
std::variant<ServerOption, Wrong> server_option(const CommandLine& line, const Environment& environment);

/// A variable's value; empty where it isn't set.
std::string variable(const Environment& environment, std::string_view name);

/// Whether the server would refuse the name, as standard error is then told: it would be read as an option, or not at
/// all.
bool refuse_channel(const std::string& channel);

/// Visible ASCII, which can stand in a header.
bool is_header_value(std::string_view text);

}  // namespace martd::tools
