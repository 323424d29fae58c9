#pragma once

#include <cstddef>

#include "options/options.h"

namespace martd {

/// How many connections to the site there may be, all loops together: a fifth of the open files; none without a site.
std::size_t upstream_connections(const Options& options, std::size_t open_files);

/// Kept back at least: for who is told that there is no room, the admin listener's clients, a log that is opened anew,
/// name look-ups.
inline constexpr std::size_t kSpareFiles = 8;

/// How many connections the public listeners take: as many as the open files have room for beside everything else, or
/// --max-connections where that is less. 0: there is no room at all. `in_use`: what the server itself has open once it
/// runs.
std::size_t connections_that_fit(const Options& options, std::size_t open_files, std::size_t in_use);

}  // namespace martd
