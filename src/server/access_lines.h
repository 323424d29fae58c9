#pragma once

#include <string>

#include "http/access_log.h"
#include "options/options.h"

namespace martd {

/// Writes a line a request, whatever the level; empty where --access-log isn't given.
http::AccessLog access_log(const Options& options);

/// The line for an entry, without time: `127.0.0.1 GET / 200 154 0.002 [::1]:3000`, or the members of a JSON object.
/// Everything that comes from the client is written in visible ASCII (text) or escaped (JSON), and cut at 1000 bytes.
std::string access_line(const http::AccessEntry& entry, LogFormat format);

}  // namespace martd
