#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "command/command_line.h"
#include "tools/server_client.h"

namespace martd::tools {

// What `martd pub` and `martd sub` have in common.

inline constexpr std::string_view kServerGroup = "The server";
inline const command::OptionText kServerOption{
    "server", "URL", kServerGroup,
    "http://HOST[:PORT][/PREFIX] or https://...; also as\nMARTD_SERVER (http://localhost:54321)"};
inline const command::OptionText kInsecureOption{"insecure", "", kServerGroup,
                                                 "https with whatever certificate; others may listen"};
inline const command::OptionText kAuthoritiesOption{"cafile", "FILE", kServerGroup,
                                                    "certificates to trust for https, PEM (the system's)"};
/// As the Python scripts call it: HOST:PORT, or a URL.
inline const command::OptionText kEndpointOption{"endpoint", "HOST:PORT", "", ""};
inline const command::OptionText kSecretOption{"secret", "SECRET", kServerGroup,
                                               "the server's --publish-secret; better given as\nMARTD_PUBLISH_SECRET"};

struct ServerOption {
  std::string url;  ///< as it was given, for what is said
  ServerAddress address;
  Certificate certificate = Certificate::verified;
};

/// --server or --endpoint, else MARTD_SERVER, else the default; with --insecure and --cafile.
std::variant<ServerOption, command::Wrong> server_option(const command::CommandLine& line,
                                                         const command::Environment& environment);

/// --cafile, put into the address. Returns nullopt if it can be read, or isn't given.
std::optional<command::Wrong> authorities_option(const command::CommandLine& line, ServerAddress& address);

/// --secret, else MARTD_PUBLISH_SECRET, else none.
std::variant<std::string, command::Wrong> secret_option(const command::CommandLine& line,
                                                        const command::Environment& environment);

/// Reads the arguments. --help and wrong use are answered here: then it is the exit code.
std::variant<command::CommandLine, int> begin_command(const command::CommandText& command,
                                                      const std::vector<std::string>& arguments);

/// Says on standard error what is wrong; returns the exit code for it.
int wrong_use(const std::string& line);

/// The value of an option that may stand once, or `otherwise`.
std::string value_or(const command::CommandLine& line, std::string_view name, std::string otherwise);

/// A variable's value; empty where it isn't set.
std::string variable(const command::Environment& environment, std::string_view name);

/// Whether the server would refuse the name, as standard error is then told: it would be read as an option, or not at
/// all.
bool refuse_channel(const std::string& channel);

/// Visible ASCII, which can stand in a header.
bool is_header_value(std::string_view text);

}  // namespace martd::tools
