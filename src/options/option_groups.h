#pragma once

#include <vector>

#include "options/option_table.h"

namespace martd {

// The rows of the table by what they are about. option_table.cpp puts them together.

std::vector<OptionRow> listening_rows();
std::vector<OptionRow> site_rows();
std::vector<OptionRow> access_rows();
std::vector<OptionRow> limit_rows();
std::vector<OptionRow> running_rows();

}  // namespace martd
