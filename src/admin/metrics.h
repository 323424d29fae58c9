#pragma once

#include <string>

#include "admin/figures.h"
#include "admin/process_figures.h"

namespace martd::admin {

/// What the server counts in Prometheus's text format, version 0.0.4. Pure.
std::string metrics_text(const Figures& figures, const ProcessFigures& process);

}  // namespace martd::admin
