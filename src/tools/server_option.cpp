#include "tools/server_option.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "push/attributes.h"

namespace martd::tools {

std::variant<ServerOption, command::Wrong> server_option(const command::CommandLine& line,
                                                         const command::Environment& environment) {
  ServerOption option{"http://localhost:54321", {}, Certificate::verified};
  if (line.values.contains("insecure")) option.certificate = Certificate::any;
  std::string where = "--server";
  if (line.values.contains("server") && line.values.contains("endpoint"))
    return command::Wrong{"--endpoint: --server is given, too (taken: one of them)"};
  if (const auto given = line.values.find("server"); given != line.values.end()) {
    option.url = given->second[0];
  } else if (const auto endpoint = line.values.find("endpoint"); endpoint != line.values.end()) {
    option.url = endpoint->second[0];
    if (option.url.find("://") == std::string::npos) option.url.insert(0, "http://");
    where = "--endpoint";
  } else if (std::string set = variable(environment, "MARTD_SERVER"); !set.empty()) {
    option.url = std::move(set);
    where = "MARTD_SERVER";
  }
  auto address = parse_server(option.url);
  // Not repeated: there may be a password in it.
  if (!address)
    return command::Wrong{where + ": not the address of a server (taken: " + std::string(kServerForms) + ")"};
  option.address = *std::move(address);
  if (auto wrong = authorities_option(line, option.address)) return *std::move(wrong);
  return option;
}

std::optional<command::Wrong> authorities_option(const command::CommandLine& line, ServerAddress& address) {
  address.authorities = value_or(line, "cafile", "");
  if (!line.values.contains("cafile")) return std::nullopt;
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), &X509_STORE_free);
  if (store && X509_STORE_load_file(store.get(), address.authorities.c_str()) == 1) return std::nullopt;
  ERR_clear_error();
  return command::Wrong{"--cafile: no certificates can be read from " + address.authorities +
                        " (taken: a file of them, PEM)"};
}

std::variant<std::string, command::Wrong> secret_option(const command::CommandLine& line,
                                                        const command::Environment& environment) {
  std::string secret = value_or(line, "secret", variable(environment, "MARTD_PUBLISH_SECRET"));
  if (!is_header_value(secret)) return command::Wrong{"--secret: can't be sent in a header (taken: visible ASCII)"};
  return secret;
}

std::variant<command::CommandLine, int> begin_command(const command::CommandText& command,
                                                      const std::vector<std::string>& arguments) {
  auto read = command::read_command_line(command, arguments);
  if (const auto* shown = std::get_if<command::Shown>(&read)) {
    std::fputs(shown->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<command::Wrong>(&read)) return wrong_use(wrong->line);
  return std::get<command::CommandLine>(std::move(read));
}

int wrong_use(const std::string& line) {
  std::fprintf(stderr, "martd: %s\n", line.c_str());
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
