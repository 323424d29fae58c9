#include "server/capacity.h"

#include <algorithm>

namespace martd {

std::size_t upstream_connections(const Options& options, std::size_t open_files) {
  return options.upstream ? std::max<std::size_t>(open_files / 5, 1) : 0;
}

std::size_t connections_that_fit(const Options& options, std::size_t open_files, std::size_t in_use) {
  const std::size_t own = std::max(std::min<std::size_t>(512, open_files / 4), in_use + kSpareFiles);
  const std::size_t reserve = own + upstream_connections(options, open_files);
  const std::size_t fit = open_files - std::min(reserve, open_files);
  return options.max_connections == 0 ? fit : std::min(options.max_connections, fit);
}

}  // namespace martd
