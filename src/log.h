#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/access_log.h"
#include "options.h"

namespace martd {

// The program's log: spdlog's default logger and the access log, both to one place. Any thread may write at any time;
// the functions here are for one thread at a time.

/// From now on at the options' level, in their format, to --log-file or standard error. A line is one write, so the
/// lines of several processes don't mix. What is wrong with the file, and then all stays as it was.
std::optional<std::string> set_log(const Options& options);

/// The file again by its name, as it may have been moved away. Says in the log if that fails, and goes on with the old
/// one.
void reopen_log();

/// Lines for a person, each with its end, on standard error whatever the level and wherever the log goes; as JSON an
/// object a line.
void write_to_standard_error(std::string_view lines, LogFormat format);

/// Writes a line a request, whatever the level; empty where --access-log isn't given.
http::AccessLog access_log(const Options& options);

/// The line for an entry, without time: `127.0.0.1 GET / 200 154 0.002 [::1]:3000`, or the members of a JSON object.
/// Everything that comes from the client is written in visible ASCII (text) or escaped (JSON), and cut at 1000 bytes.
std::string access_line(const http::AccessEntry& entry, LogFormat format);

}  // namespace martd
