#include "options/option_table.h"

#include <iterator>

#include "options/option_groups.h"

namespace martd {
namespace {

/// A row with all that follows from its kind: the default, and what is taken.
OptionRow completed(OptionRow row) {
  command::OptionText& text = row.text;
  const bool is_flag = text.form.empty();
  if (text.default_value.empty() && !is_flag) text.default_value = row.show(Options());
  if (const std::string range = row.kind.range(); !range.empty()) text.more += (text.more.empty() ? "" : "; ") + range;
  return row;
}

std::vector<OptionRow> make_rows() {
  constexpr struct {
    std::string_view heading;
    std::vector<OptionRow> (*rows)();
  } kGroups[] = {
      {"Where to listen", listening_rows}, {"The site behind", site_rows},
      {"Who may do what", access_rows},    {"Limits", limit_rows},
      {"Running", running_rows},
  };
  std::vector<OptionRow> all;
  for (const auto& group : kGroups) {
    for (OptionRow& row : group.rows()) {
      row.text.group = group.heading;
      all.push_back(completed(std::move(row)));
    }
  }
  return all;
}

}  // namespace

const std::vector<OptionRow>& option_rows() {
  static const std::vector<OptionRow> rows = make_rows();
  return rows;
}

std::string variable_of(std::string_view option) {
  std::string name = "MARTD_";
  for (const char c : option) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

}  // namespace martd
