#pragma once

#include <chrono>

namespace martd {

/// A point in time, nanoseconds since 1970 (UTC). `push` never reads a clock: the caller passes `now`,
/// which never goes back within one process.
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
using Duration = std::chrono::nanoseconds;

}  // namespace martd
