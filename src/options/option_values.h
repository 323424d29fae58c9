#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "options/options.h"

namespace martd {

// The values of options that are neither durations nor sizes, from text. Pure.

/// What is wrong with a value and what is taken, for after the option's name; empty: nothing is wrong.
using Complaint = std::string;

/// `what: value (taken: forms)`
Complaint taken(std::string_view what, std::string_view value, std::string_view forms);

/// Decimal digits, nothing around them.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// `HOST:PORT`: a name, an IPv4 address, or an IPv6 address in brackets.
std::optional<ListenAddress> parse_listen_address(std::string_view text);
inline constexpr std::string_view kListenForms =
    "HOST:PORT: a name, an IPv4 address, or an IPv6 address in brackets; port 0 to 65535; or none";

/// `/push`, `/a/b`: letters, digits and `-._~`; a `/` at the end is dropped; `/` and an empty text are no prefix.
std::optional<std::string> parse_prefix(std::string_view text);

/// Visible ASCII without `"`, `,`, `;` and `\`, which a cookie can't carry; at most 256 bytes. Empty: none.
bool valid_secret(std::string_view text);

}  // namespace martd
