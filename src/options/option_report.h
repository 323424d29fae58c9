#pragma once

#include <string>
#include <utility>
#include <vector>

#include "options/options.h"

namespace martd {

/// Every option of the server by name with its value in use, for operators to see. Of secrets it only says whether they
/// are set.
std::vector<std::pair<std::string, std::string>> configuration_of(const Options& options);

}  // namespace martd
