#pragma once

#include <cstddef>

namespace martd {

/// How many open files the process may have, once its soft limit was raised to the hard one.
std::size_t raise_open_files();

/// How many files the process has open.
std::size_t files_in_use();

}  // namespace martd
