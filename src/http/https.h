#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace martd::http {

/// Where a plain request is sent with --https-redirect: the same host, path and query, by https and at `port` (which is
/// left out where it is 443). `host` is the Host header. Nothing where it is missing or can't be one.
std::optional<std::string> https_location(std::string_view host, std::string_view path, std::string_view query,
                                          std::uint16_t port);

/// The header line of --hsts, with its CR LF (RFC 6797 section 6.1), in whole seconds.
std::string strict_transport_security(Duration life);

}  // namespace martd::http
