#pragma once

#include "options/option_values.h"
#include "options/options.h"

namespace martd {

/// Reads the token from the first line of `admin_token_file`, where there is one. As check().
Complaint read_admin_token(Options& options);

/// What only shows when all options are known: options that need each other, files that can't be read.
/// Names the options in what it says. Empty: all is well.
Complaint check(const Options& options);

}  // namespace martd
