#pragma once

#include <string>

#include "admin/figures.h"
#include "admin/process_figures.h"

namespace martd::admin {

// What the admin listener says of figures. Pure.

/// Prometheus text format, version 0.0.4.
std::string metrics_text(const Figures& figures, const ProcessFigures& process);

/// One JSON object by group.
std::string stats_json(const Figures& figures, const ProcessFigures& process);

/// Why the server is not well: a loop that has not turned for two seconds, a store that takes no pushes or hasn't come
/// back from the disk for two seconds. Empty: it is.
std::string ailment(const Figures& figures);

/// Why the server can't be given requests: an ailment, or it does not accept connections. Empty: it can.
std::string unreadiness(const Figures& figures);

}  // namespace martd::admin
