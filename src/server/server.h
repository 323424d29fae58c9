#pragma once

#include <optional>
#include <string>
#include <vector>

#include "options/options.h"

namespace martd {

/// Runs the server on this thread and its own until SIGTERM or SIGINT: the composition root, where the rooms are made,
/// joined and stopped in order. Takes over those signals, SIGHUP, which calls `reloader`, and SIGUSR1, which reopens
/// the log; so it is to be called before there is any other thread. Returns the exit code: 0; 1 where a second signal
/// cut the end short, or the store didn't get what was accepted last; 2 where it couldn't start, with one line on
/// standard error. `warnings` are of the options; they are told here where the log is JSON, else they have been.
int run_server(const Options& options, const std::vector<std::string>& warnings, const Reloader& reloader);

/// What is wrong with the certificates that the options name, as run_server would say it. Returns nullopt if
/// they can be used.
std::optional<std::string> check_certificates(const Options& options);

}  // namespace martd
