#include "option_docs.h"

#include <algorithm>
#include <vector>

#include "options/option_table.h"

namespace martd {
namespace {

constexpr std::size_t kWidth = 120;

constexpr std::string_view kExampleHead =
    "# Configuration of martd: martd --config FILE. Every option is here, with its default.\n"
    "#\n"
    "# Take the # away from a line to set it. `martd --check-config --config FILE` says whether the file is right. A "
    "flag\n"
    "# (--max-size 100) outranks a variable (MARTD_MAX_SIZE=100), which outranks this file.\n"
    "#\n"
    "# A duration is a number of seconds, or a number with a unit: \"250ms\", \"90s\", \"10m\", \"1h\", \"7d\". A size "
    "is a number "
    "of\n"
    "# bytes, or a number with \"K\", \"M\" or \"G\". What SIGHUP does not apply is marked: restart.\n";

constexpr std::string_view kTableHead =
    "| option | default | reload | |\n"
    "| --- | --- | --- | --- |\n";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

std::string code(std::string_view text) { return '`' + std::string(text) + '`'; }

/// All that the table says of an option.
std::string whole_text(const command::OptionText& text) {
  return std::string(text.help) + (text.more.empty() ? "" : "; " + text.more);
}

std::string readme_row(const command::OptionText& text, std::string_view otherwise, std::string_view reload,
                       std::string_view rest) {
  const std::string gap = text.form.empty() || !text.implied.empty() ? "" : " ";
  const std::string option = replaced("--" + std::string(text.name) + gap + std::string(text.form), "|", "\\|");
  std::string line = "| " + code(option);
  for (const std::string_view cell : {otherwise, reload}) line.append(cell.empty() ? " |" : " | ").append(cell);
  return line + " | " + whole_text(text).append(rest) + " |\n";
}

std::string readme_row(const OptionRow& row) {
  const std::string& value = row.text.default_value;
  const bool words = value == "none" || value.find(' ') != std::string::npos;
  std::string rest = row.text.repeatable ? "; repeatable" : "";
  if (!row.see.empty()) rest += "; [more](docs/" + std::string(row.see) + ")";
  return readme_row(row.text, value.empty() ? "off" : words ? value : code(value), row.reloads() ? "yes" : "no", rest);
}

/// As a sentence of the file's comments, where options have no dashes.
std::string sentence(const OptionRow& row) {
  std::string text = replaced(whole_text(row.text), "`--", "`");
  text[0] = text[0] >= 'a' && text[0] <= 'z' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
  text += '.';
  if (!row.example.empty()) text += " Default: " + row.text.default_value + '.';
  if (!row.reloads()) text += " Restart.";
  return "# " + replaced(command::wrapped(text, kWidth - 2), "\n", "\n# ") + '\n';
}

std::string quoted(std::string_view value) {
  const bool bare = value.find_first_not_of("0123456789") == std::string_view::npos;
  return bare ? std::string(value) : '"' + std::string(value) + '"';
}

std::string example_value(const OptionRow& row) {
  if (row.text.form.empty()) return "false";
  const std::string_view value = row.example.empty() ? std::string_view(row.text.default_value) : row.example;
  if (!row.text.repeatable) return quoted(value);
  std::string all;
  for (std::string_view rest = value; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    all += (all.empty() ? "[" : ", ") + quoted(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return all + ']';
}

}  // namespace

std::string example_file() {
  std::string out(kExampleHead);
  std::string_view group;
  for (const OptionRow& row : option_rows()) {
    if (row.text.name == "config") continue;
    if (row.text.group != group) out += "\n# --- " + std::string(row.text.group) + " ---\n";
    group = row.text.group;
    out += '\n' + sentence(row) + '#' + std::string(row.text.name) + " = " + example_value(row) + '\n';
  }
  return out;
}

std::string with_option_table(std::string_view readme) {
  const std::size_t begin = readme.find(kTableHead);
  if (begin == std::string_view::npos) return {};
  std::size_t end = begin;
  while (readme.substr(end, 1) == "|") end = std::min(readme.find('\n', end), readme.size() - 1) + 1;
  std::string out = std::string(readme.substr(0, begin)).append(kTableHead);
  for (const OptionRow& row : option_rows()) out += readme_row(row);
  // And what stands on the command line only.
  for (const command::OptionText& text : server_command_text().options) {
    const auto is_it = [&](const OptionRow& row) { return row.text.name == text.name; };
    if (std::none_of(option_rows().begin(), option_rows().end(), is_it)) out += readme_row(text, "", "", "");
  }
  return out.append(readme.substr(end));
}

}  // namespace martd
