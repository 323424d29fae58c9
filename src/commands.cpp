#include "commands.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "command/manual.h"
#include "options/options.h"
#include "server/server_command.h"
#include "store/store_command.h"
#include "tools/doctor_command.h"
#include "tools/publish_command.h"
#include "tools/subscribe_command.h"

namespace martd {
namespace {

/// A command of the program: what is told of it, and how it is run. To add one: a row.
struct Command {
  command::NamedCommand named;
  int (*run)(const std::vector<std::string>& arguments, const command::Environment& environment);
};

/// The first is the program without a command.
const std::vector<Command>& commands() {
  static const std::vector<Command> rows{
      {{"", "run the server", &server_command_text()}, server_command},
      {{"pub", "publish", &tools::publish_command_text()}, tools::publish_command},
      {{"sub", "follow channels", &tools::subscribe_command_text()}, tools::subscribe_command},
      {{"doctor", "try a server from outside", &tools::doctor_command_text()}, tools::doctor_command},
      {{"store", "look after a store", &store::store_command_text(), {"check", "export", "import"}},
       [](const auto& arguments, const auto&) { return store::store_command(arguments); }},
  };
  return rows;
}

int print_manual(const std::vector<std::string>& arguments) {
  std::vector<command::NamedCommand> all;
  for (const Command& one : commands()) all.push_back(one.named);
  std::string text;
  if (arguments == std::vector<std::string>{"--man-page"}) {
    text = command::man_page(all);
  } else if (arguments.size() == 2 && arguments[1] == "bash") {
    text = command::bash_completion(all);
  } else if (arguments.size() == 2 && arguments[1] == "zsh") {
    text = command::zsh_completion(all);
  } else {
    std::fprintf(stderr, "martd: %s: wrong use (taken: --completion bash, --completion zsh, --man-page)\n",
                 arguments[0].c_str());
    return 2;
  }
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, const command::Environment& environment) {
  const std::string_view name = arguments.empty() ? std::string_view() : std::string_view(arguments.front());
  if (name == "--completion" || name == "--man-page") return print_manual(arguments);
  const auto found = std::find_if(commands().begin() + 1, commands().end(),
                                  [&](const Command& one) { return one.named.name == name; });
  if (found == commands().end()) return commands().front().run(arguments, environment);
  return found->run({arguments.begin() + 1, arguments.end()}, environment);
}

}  // namespace martd
