#pragma once

#include "options.h"

namespace martd {

/// Sends the program's log (spdlog's default logger) to standard error, at the options' level and in their format. Not
/// while other threads change it too.
void set_log(const Options& options);

}  // namespace martd
