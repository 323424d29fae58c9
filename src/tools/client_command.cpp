#include "tools/client_command.h"

#include <csignal>
#include <cstdio>
#include <random>
#include <variant>

#include "push/attributes.h"

namespace martd::tools {

int client_command(const command::CommandText& command, const std::vector<std::string>& arguments,
                   const command::Environment& environment,
                   int (*run)(const command::CommandLine&, const command::Environment&)) {
  const auto read = command::read_command_line(command, arguments);
  if (const auto* shown = std::get_if<command::Shown>(&read)) {
    std::fputs(shown->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<command::Wrong>(&read)) return wrong_use(wrong->line);
  std::signal(SIGPIPE, SIG_IGN);
  return run(std::get<command::CommandLine>(read), environment);
}

void say(const std::string& what) { std::fprintf(stderr, "martd: %s\n", what.c_str()); }

int wrong_use(const std::string& line) {
  say(line);
  return 2;
}

std::string value_or(const command::CommandLine& line, std::string_view name, std::string otherwise) {
  if (const auto given = line.values.find(name); given != line.values.end()) return given->second[0];
  return otherwise;
}

std::string variable(const command::Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

bool refuse_channel(const std::string& channel) {
  if (push::valid_channel_name(channel)) return false;
  say("refused: not a channel's name (taken: 1 to 255 bytes of UTF-8 without control characters, not cid, "
      "lastEventId or last_event_id, not beginning with . or martd.)");
  return true;
}

std::string random_name(std::string_view prefix) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device random;
  std::string name(prefix);
  for (int i = 0; i < 16; ++i) name += kDigits[random() % kDigits.size()];
  return name;
}

}  // namespace martd::tools
