#include "open_files.h"

#include <sys/resource.h>

#include <algorithm>

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

std::size_t connections_that_fit(const Options& options, std::size_t open_files) {
  // Listeners, loops, log, the admin listener, and those who are told that there is no room.
  const std::size_t reserve = std::min<std::size_t>(512, open_files / 4) + upstream_connections(options, open_files);
  const std::size_t fit = open_files - reserve;
  return options.max_connections == 0 ? fit : std::min(options.max_connections, fit);
}

}  // namespace martd
