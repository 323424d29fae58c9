#pragma once

#include <string>

#include "admin/figures.h"
#include "admin/process_figures.h"
#include "admin/public_side.h"
#include "admin/push_history.h"

namespace martd::admin {

// What the server counts, as JSON. Pure.

/// By group: what changes all the time. One object, on one line.
std::string stats_json(const Figures& figures, const ProcessFigures& process);

/// The same with the pushes by minute, hour and day, and how the server was set up.
std::string full_stats_json(const Figures& figures, const ProcessFigures& process, const PushHistory& pushes,
                            const Setup& setup, Time now);

}  // namespace martd::admin
