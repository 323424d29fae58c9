#pragma once

#include <cstddef>

#include "options.h"

namespace martd {

/// How many open files the process may have, once its soft limit was raised to the hard one.
std::size_t raise_open_files();

/// How many connections to the site there may be, all loops together: a fifth of the open files; none without a site.
std::size_t upstream_connections(const Options& options, std::size_t open_files);

/// How many connections the public listeners take: as many as the open files have room for beside everything else, or
/// --max-connections where that is less.
std::size_t connections_that_fit(const Options& options, std::size_t open_files);

}  // namespace martd
