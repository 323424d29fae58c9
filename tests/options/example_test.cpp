// docs/martd.toml and the README's table against the option table: nothing is missing, nothing is made up, and the
// example's values are the defaults.

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "option_docs.h"
#include "options/option_file.h"
#include "options/option_table.h"

namespace martd {
namespace {

std::string read(const std::string& name) {
  std::ifstream file(std::string(MARTD_SOURCE) + '/' + name);
  REQUIRE(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// A line of the example that sets something once its # is taken away, and the comment that it stands below.
struct ExampleLine {
  std::string text;
  std::string comment;
};

std::map<std::string, ExampleLine> example_lines() {
  std::map<std::string, ExampleLine> lines;
  std::istringstream text(read("docs/martd.toml"));
  std::string comment;
  for (std::string line; std::getline(text, line);) {
    if (line.empty()) {
      comment.clear();
    } else if (line.starts_with("# ") || line == "#") {
      comment += line.substr(1);
    } else {
      const std::size_t equals = line.find(" = ");
      INFO(line);
      REQUIRE((line.starts_with('#') && equals != std::string::npos));
      const std::string name = line.substr(1, equals - 1);
      CHECK_FALSE(lines.contains(name));
      lines[name] = {line.substr(1), comment};
    }
  }
  return lines;
}

Options options_of(const std::string& file_text) {
  std::string name = (std::filesystem::temp_directory_path() / "martd-example-XXXXXX").string();
  const int descriptor = mkstemp(name.data());
  REQUIRE(descriptor >= 0);
  close(descriptor);
  std::ofstream(name) << file_text;
  const auto parsed = parse({"--config", name}, {});
  std::filesystem::remove(name);
  if (const auto* wrong = std::get_if<Wrong>(&parsed)) FAIL(wrong->line);
  return std::get<Run>(parsed).options;
}

TEST_CASE("example: it has every option but --config, and no other") {
  auto lines = example_lines();
  for (const OptionRow& row : option_rows()) {
    CAPTURE(row.text.name);
    CHECK((lines.erase(std::string(row.text.name)) == 1) == (row.text.name != "config"));
  }
  for (const auto& [name, line] : lines) FAIL_CHECK("no such option: " << name);
}

TEST_CASE("example: as it is, and with every default said, nothing is changed") {
  const Options defaults = options_of(read("docs/martd.toml"));
  CHECK(defaults.given.size() == 1);  // --config
  std::string said;
  for (const auto& [name, line] : example_lines()) {
    if (line.comment.find("Default:") == std::string::npos) said += line.text + '\n';
  }
  const Options all = options_of(said);
  for (const OptionRow& row : option_rows()) {
    // Some types can't be compared.
    if (row.text.name == "config" || !row.kind.same(defaults, defaults)) continue;
    CAPTURE(row.text.name);
    CHECK(row.kind.same(all, defaults));
  }
}

TEST_CASE("example: what isn't a default is taken, too, and what needs a restart is marked") {
  const auto lines = example_lines();
  for (const OptionRow& row : option_rows()) {
    const auto line = lines.find(std::string(row.text.name));
    if (line == lines.end()) continue;
    CAPTURE(row.text.name);
    const auto entries = read_option_file(line->second.text);
    REQUIRE(std::holds_alternative<std::vector<FileEntry>>(entries));
    Options options;
    CHECK(row.set(options, std::get<0>(entries)[0].values) == "");
    CHECK((line->second.comment.find("Restart.") != std::string::npos) == !row.reloads());
  }
}

TEST_CASE("README, example: as the option table has them (else: scripts/option-docs --write)") {
  const bool example_is = read("docs/martd.toml") == example_file();
  const bool readme_is = read("README.md") == with_option_table(read("README.md"));
  CHECK(example_is);
  CHECK(readme_is);
}

TEST_CASE("README: its table has every option") {
  const std::string readme = read("README.md");
  for (const auto& option : server_command_text().options) {
    if (option.group.empty()) continue;
    CAPTURE(option.name);
    CHECK(readme.find("\n| `--" + std::string(option.name)) != std::string::npos);
  }
}

}  // namespace
}  // namespace martd
