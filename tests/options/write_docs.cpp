// option_docs DIRECTORY [--write]: whether README.md and docs/martd.toml there say of the options what the option table
// says; --write brings them up to date. Run by scripts/option-docs.

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "option_docs.h"

namespace {

std::string read(const std::string& name) {
  std::ifstream file(name);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace

int main(int argc, char** argv) {
  const bool write = argc == 3 && std::string(argv[2]) == "--write";
  if (argc < 2 || (argc > 2 && !write)) {
    std::fputs("option_docs: wrong use (taken: DIRECTORY [--write])\n", stderr);
    return 2;
  }
  const std::string readme = std::string(argv[1]) + "/README.md", example = std::string(argv[1]) + "/docs/martd.toml";
  const std::string now = read(readme);
  const std::pair<std::string, std::string> files[] = {{readme, martd::with_option_table(now)},
                                                       {example, martd::example_file()}};
  int wrong = 0;
  for (const auto& [name, text] : files) {
    if (text.empty()) {
      std::fprintf(stderr, "option_docs: %s: no table of options\n", name.c_str());
      return 2;
    }
    if (text == (name == readme ? now : read(name))) continue;
    if (write && (std::ofstream(name) << text).flush()) {
      std::printf("written: %s\n", name.c_str());
    } else {
      std::fprintf(stderr, "option_docs: %s: %s\n", name.c_str(),
                   write ? "can't be written" : "not as the table has it");
      wrong = 1;
    }
  }
  return wrong;
}
