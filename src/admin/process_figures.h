#pragma once

#include <cstddef>
#include <cstdint>

namespace martd::admin {

/// What the system counts for this process. What it doesn't tell is 0.
struct ProcessFigures {
  double cpu_seconds = 0;         ///< user and system
  double start_time_seconds = 0;  ///< since 1970
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t max_open_files = 0;
};

/// Reads /proc/self. Any thread.
ProcessFigures read_process_figures();

}  // namespace martd::admin
