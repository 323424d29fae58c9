#pragma once

#include <string>
#include <string_view>

namespace martd {

// What the files of the tree say of the options, made from the option table. example_test.cpp compares;
// scripts/option-docs writes.

/// docs/martd.toml, whole.
std::string example_file();

/// The README with its table of options as it must be, and all else as it is. Empty: it has no such table.
std::string with_option_table(std::string_view readme);

}  // namespace martd
