#include "options/option_report.h"

#include "options/option_table.h"

namespace martd {

std::vector<std::pair<std::string, std::string>> configuration_of(const Options& options) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const OptionRow& row : option_rows()) out.emplace_back(row.text.name, row.show(options));
  return out;
}

}  // namespace martd
