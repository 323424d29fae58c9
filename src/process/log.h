#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martd {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t { text, json };

// The program's log: spdlog's default logger and the access log, both to one place. Any thread may write at any time;
// the functions here are for one thread at a time, but for write_access_line().

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  std::string file;  ///< empty: standard error
};

/// From now on so. A line is one write, so the lines of several processes don't mix. What is wrong with the file,
/// as it is said of --log-file, and then all stays as it was.
std::optional<std::string> set_log(const LogSettings& settings);

/// The file again by its name, as it may have been moved away. Says in the log if that fails, and goes on with the old
/// one.
void reopen_log();

/// Lines for a person, each with its end, on standard error whatever the level and wherever the log goes; as JSON an
/// object a line.
void write_to_standard_error(std::string_view lines, LogFormat format);

/// A line of the access log, whatever the level: `line` is text without its end, or the members of a JSON object. Any
/// thread.
void write_access_line(std::string_view line, LogFormat format);

}  // namespace martd
