#include "commands.h"

#include "command/manual.h"
#include "options/options.h"
#include "store/store_command.h"
#include "tools/doctor_command.h"
#include "tools/publish_command.h"
#include "tools/subscribe_command.h"

namespace martd {
namespace {

std::vector<command::NamedCommand> commands() {
  return {{"", "run the server", &server_command_text()},
          {"pub", "publish", &tools::publish_command_text()},
          {"sub", "follow channels", &tools::subscribe_command_text()},
          {"doctor", "try a server from outside", &tools::doctor_command_text()},
          {"store", "look after a store", &store::store_command_text(), {"check", "export", "import"}}};
}

}  // namespace

bool asks_for_manual(const std::vector<std::string>& arguments) {
  return !arguments.empty() && (arguments[0] == "--completion" || arguments[0] == "--man-page");
}

std::variant<command::Shown, command::Wrong> manual(const std::vector<std::string>& arguments) {
  const auto all = commands();
  if (arguments == std::vector<std::string>{"--man-page"}) return command::Shown{command::man_page(all)};
  if (arguments.size() == 2 && arguments[1] == "bash") return command::Shown{command::bash_completion(all)};
  if (arguments.size() == 2 && arguments[1] == "zsh") return command::Shown{command::zsh_completion(all)};
  return command::Wrong{arguments[0] + ": wrong use (taken: --completion bash, --completion zsh, --man-page)"};
}

}  // namespace martd
