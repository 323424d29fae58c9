#include "tools/server_option.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <memory>

#include "tools/client_command.h"

namespace martd::tools {

namespace {

bool has_certificates(const std::string& file) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), &X509_STORE_free);
  if (store && X509_STORE_load_file(store.get(), file.c_str()) == 1) return true;
  ERR_clear_error();
  return false;
}

}  // namespace

std::variant<ServerOption, command::Wrong> server_at(std::string url, const std::string& named_by,
                                                     const command::CommandLine& line) {
  auto address = parse_server(url);
  // Not repeated: there may be a password in it.
  if (!address)
    return command::Wrong{named_by + ": not the address of a server (taken: " + std::string(kServerForms) + ")"};
  address->authorities = value_or(line, "cafile", "");
  if (line.values.contains("cafile") && !has_certificates(address->authorities))
    return command::Wrong{"--cafile: no certificates can be read from " + address->authorities +
                          " (taken: a file of them, PEM)"};
  const Certificate certificate = line.values.contains("insecure") ? Certificate::any : Certificate::verified;
  return ServerOption{std::move(url), *std::move(address), certificate};
}

std::variant<ServerOption, command::Wrong> server_option(const command::CommandLine& line,
                                                         const command::Environment& environment) {
  if (line.values.contains("server") && line.values.contains("endpoint"))
    return command::Wrong{"--endpoint: --server is given, too (taken: one of them)"};
  if (line.values.contains("server")) return server_at(value_or(line, "server", ""), "--server", line);
  if (std::string url = value_or(line, "endpoint", ""); line.values.contains("endpoint")) {
    if (url.find("://") == std::string::npos) url.insert(0, "http://");
    return server_at(std::move(url), "--endpoint", line);
  }
  if (std::string url = variable(environment, "MARTD_SERVER"); !url.empty())
    return server_at(std::move(url), "MARTD_SERVER", line);
  return server_at("http://localhost:54321", "--server", line);
}

std::variant<std::string, command::Wrong> secret_option(const command::CommandLine& line,
                                                        const command::Environment& environment) {
  std::string secret = value_or(line, "secret", variable(environment, "MARTD_PUBLISH_SECRET"));
  if (!is_header_value(secret)) return command::Wrong{"--secret: can't be sent in a header (taken: visible ASCII)"};
  return secret;
}

bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace martd::tools
