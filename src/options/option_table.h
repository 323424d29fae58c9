#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command/option_text.h"
#include "options/option_kind.h"
#include "options/options.h"

namespace martd {

/// What SIGHUP does with a change.
enum class OnReload : bool { keep, apply };

/// One option of the server: what is said of it wherever it is told of, what its values are and to which field of
/// Options they go, what SIGHUP does with it. Help, man page and completions are made of it (src/command), the README's
/// table and docs/martd.toml, too (scripts/option-docs).
struct OptionRow {
  command::OptionText text;  ///< in option_rows() with its default, and with its range in `more`
  OnReload on_reload = OnReload::apply;
  Kind kind;
  std::string_view example = {};  ///< a value for docs/martd.toml, several at commas, where the default is none
  std::string_view see = {};      ///< where the README sends for more: a file below docs, with its heading

  bool reloads() const { return on_reload == OnReload::apply; }
  Complaint set(Options& options, const Values& values) const { return kind.set(*this, options, values); }
  std::string show(const Options& options) const { return kind.show(*this, options); }
};

/// Every option, in the order of --help. To add one: a field in Options or in the settings of whose option it is, a row
/// in its group, and `scripts/option-docs --write`.
const std::vector<OptionRow>& option_rows();

/// `MARTD_MAX_SIZE` for max-size.
std::string variable_of(std::string_view option);

}  // namespace martd
