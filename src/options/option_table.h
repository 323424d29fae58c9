#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command/command_line.h"
#include "options/option_values.h"
#include "options/options.h"

namespace martd {

using Values = std::vector<std::string>;

/// One option of the server: what --help says, how its values become a field of Options, what SIGHUP does with it.
struct OptionRow {
  command::OptionText text;
  bool reloads;                                    ///< SIGHUP applies a change
  Complaint (*set)(Options&, const Values&);       ///< reads one value, or all of a repeatable option
  void (*copy)(Options& to, const Options& from);  ///< the field alone
  bool (*same)(const Options&, const Options&);    ///< as far as the fields can be compared
};

/// Every option, in the order of --help. To add one: a field in Options, a row here, a line in the README's table and
/// in docs/martd.toml.
const std::vector<OptionRow>& option_rows();

/// `MARTD_MAX_SIZE` for max-size.
std::string variable_of(std::string_view option);

}  // namespace martd
