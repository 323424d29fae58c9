#pragma once

#include <string>
#include <utility>
#include <vector>

#include "options.h"

namespace martd {

/// Every option of the server by name with its value in use, for operators to see. Of secrets it only says whether they
/// are set; so it does of an option that it doesn't know how to show.
std::vector<std::pair<std::string, std::string>> configuration_of(const Options& options);

}  // namespace martd
