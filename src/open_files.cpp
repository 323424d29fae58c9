#include "open_files.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace martd {

std::size_t raise_open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 100'000'000));
}

std::size_t upstream_connections(const Options& options, std::size_t open_files) {
  return options.upstream ? std::max<std::size_t>(open_files / 5, 1) : 0;
}

std::size_t files_in_use() {
  std::error_code error;
  std::filesystem::directory_iterator at("/proc/self/fd", error);
  std::size_t count = 0;
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) ++count;
  if (!error && count > 0) return count - 1;  // one is what reads the folder
  constexpr int kMost = 4096;
  count = 0;
  for (int descriptor = 0; descriptor < kMost; ++descriptor) count += ::fcntl(descriptor, F_GETFD) >= 0;
  return count;
}

std::size_t connections_that_fit(const Options& options, std::size_t open_files, std::size_t in_use) {
  const std::size_t own = std::max(std::min<std::size_t>(512, open_files / 4), in_use + kSpareFiles);
  const std::size_t reserve = own + upstream_connections(options, open_files);
  const std::size_t fit = open_files - std::min(reserve, open_files);
  return options.max_connections == 0 ? fit : std::min(options.max_connections, fit);
}

}  // namespace martd
