#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace martd::command {

/// One option of a command, for reading it and for all that is said of it: --help, completions, man page. In `help` and
/// `more` stands between backticks what is typed or read word by word; a line end is a blank.
struct OptionText {
  std::string_view name;        ///< without its dashes
  std::string_view form = {};   ///< what its value looks like: `HOST:PORT`, `text|json`; empty: a flag, it has no value
  std::string_view group = {};  ///< heading in --help; empty: known, and not shown
  std::string_view help = {};
  bool repeatable = false;
  /// Its value where it stands alone; another one is given as `--name=VALUE` only. Empty: it needs a value.
  std::string_view implied = {};
  std::string more = {};           ///< further sentences, for those who have more room than --help
  std::string default_value = {};  ///< what holds where it isn't given; empty: that isn't said
};

/// `help` as one line without backticks, and the default behind it: `longest wait (5m)`, `who may push (none,
/// repeatable)`.
std::string summary_of(const OptionText& option);

/// ` (none, repeatable)`, or nothing where no default is said.
std::string default_note(const OptionText& option);

/// The text with other blanks as line ends: no line is longer than `width` letters, but for a longer word.
std::string wrapped(std::string_view text, std::size_t width);

}  // namespace martd::command
