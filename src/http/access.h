#pragma once

#include <string>

#include "http/request.h"
#include "http/settings.h"

namespace martd::http {

/// Who asks, as far as /pub and /sub care. Contract section 4, 'Who may push'.
struct Asker {
  bool may_push = false;  ///< without a key: by its address, or by the secret
  bool foreign = false;   ///< a browser's page of another site whose origin is not allowed
  std::string cors;       ///< header lines for an allowed foreign origin; empty for all others
};

Asker asker_of(const Request& request, const Settings& settings);

/// The further header lines of a preflight's answer (WHATWG Fetch, CORS preflight).
inline constexpr std::string_view kPreflightHeaders =
    "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS\r\n"
    "Access-Control-Allow-Headers: Authorization, Cache-Control, Content-Type, If-Match, If-None-Match, Last-Event-ID\r\n"
    "Access-Control-Max-Age: 600\r\n";

}  // namespace martd::http
