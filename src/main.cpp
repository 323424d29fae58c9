#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "options.h"
#include "server.h"
#include "tools/publish_command.h"
#include "tools/subscribe_command.h"

namespace {

int run(const std::vector<std::string>& arguments) {
  const auto parsed = martd::parse(arguments, martd::environment_of(environ));
  if (const auto* shown = std::get_if<martd::Shown>(&parsed)) {
    std::fputs(shown->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<martd::Wrong>(&parsed)) {
    std::fprintf(stderr, "martd: %s\n", wrong->line.c_str());
    return 2;
  }
  const auto& [options, warnings] = std::get<martd::Run>(parsed);
  for (const std::string& warning : warnings) std::fprintf(stderr, "martd: warning: %s\n", warning.c_str());
  return martd::run_server(options, [&arguments](const martd::Options& in_use) {
    return martd::reload(in_use, arguments, martd::environment_of(environ));
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  const std::string command = arguments.empty() ? "" : arguments.front();
  if (command != "pub" && command != "sub") return run(arguments);

  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  const auto environment = martd::environment_of(environ);
  return command == "pub" ? martd::tools::publish_command(rest, environment)
                          : martd::tools::subscribe_command(rest, environment);
}
