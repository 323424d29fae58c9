#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "command/command_line.h"
#include "tools/server_client.h"

namespace martd::tools {

// Which server `martd pub`, `sub` and `doctor` speak to, and as who.

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

/// The server at `url`, with --insecure and --cafile. `named_by`: where the URL stood, for what is said of it.
std::variant<ServerOption, command::Wrong> server_at(std::string url, const std::string& named_by,
                                                     const command::CommandLine& line);

/// --secret, else MARTD_PUBLISH_SECRET, else none.
std::variant<std::string, command::Wrong> secret_option(const command::CommandLine& line,
                                                        const command::Environment& environment);

/// Visible ASCII, which can stand in a header.
bool is_header_value(std::string_view text);

}  // namespace martd::tools
