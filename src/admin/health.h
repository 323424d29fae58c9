#pragma once

#include <string>

#include "admin/figures.h"

namespace martd::admin {

/// Why the server is not well: a loop that has not turned for two seconds, a store that can't be written, or a commit
/// that has taken two seconds so far. Empty: it is. Pure.
std::string ailment(const Figures& figures);

/// Why the server can't be given requests: an ailment, or it does not accept connections. Empty: it can. Pure.
std::string unreadiness(const Figures& figures);

}  // namespace martd::admin
