#include "tools/server_option.h"

#include <algorithm>
#include <cstdio>

#include "push/attributes.h"

namespace martd::tools {

std::variant<ServerOption, Wrong> server_option(const CommandLine& line, const Environment& environment) {
  ServerOption option{"http://localhost:54321", {}};
  std::string where = "--server";
  if (const auto given = line.values.find("server"); given != line.values.end()) {
    option.url = given->second[0];
  } else if (std::string set = variable(environment, "MARTD_SERVER"); !set.empty()) {
    option.url = std::move(set);
    where = "MARTD_SERVER";
  }
  auto address = parse_server(option.url);
  // Not repeated: there may be a password in it.
  if (!address) return Wrong{where + ": not the address of a server (taken: " + std::string(kServerForms) + ")"};
  option.address = *std::move(address);
  return option;
}

std::string variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

bool refuse_channel(const std::string& channel) {
  if (push::valid_channel_name(channel)) return false;
  std::fputs(
      "martd: refused: not a channel's name (taken: 1 to 255 bytes of UTF-8 without control characters, not cid, "
      "lastEventId or last_event_id, not beginning with . or martd.)\n",
      stderr);
  return true;
}

bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace martd::tools
