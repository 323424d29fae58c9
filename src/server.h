#pragma once

#include "options.h"

namespace martd {

/// Runs the server on this thread and its own until SIGTERM or SIGINT: the composition root, where the rooms are made,
/// joined and stopped in order. Takes over those signals and SIGHUP, which calls `reloader`. Returns the exit code: 0;
/// 1 where a second signal cut the end short; 2 where it couldn't start, with one line on standard error.
int run_server(const Options& options, const Reloader& reloader);

}  // namespace martd
