#include "process/open_files.h"

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

}  // namespace martd
