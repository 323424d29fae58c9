#include "options/option_checks.h"

#include <unistd.h>

#include <filesystem>
#include <utility>
#include <variant>

#include "base/units.h"
#include "process/input.h"

namespace martd {
namespace {

constexpr std::size_t kMostOfFile = std::size_t{4} << 20;

/// Why a file can't be read, with its name before it; empty: it can.
std::string unreadable(const std::string& file) {
  const auto read = read_file(file, kMostOfFile);
  const auto* unread = std::get_if<Unread>(&read);
  return unread ? file + ": " + unread->why : "";
}

/// Whether the file can be written, or made where it isn't there. Makes nothing.
bool can_write(const std::string& file) {
  if (::access(file.c_str(), F_OK) == 0)
    return ::access(file.c_str(), W_OK) == 0 && !std::filesystem::is_directory(file);
  const auto folder = std::filesystem::path(file).parent_path();
  return ::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

Complaint read_admin_token(Options& options) {
  if (options.admin_token_file.empty()) return {};
  if (!options.admin_token.empty()) return "--admin-token, --admin-token-file: both are given (taken: one of them)";
  const auto read = read_file(options.admin_token_file, kMostOfFile);
  if (const auto* unread = std::get_if<Unread>(&read))
    return taken("--admin-token-file: can't be read", options.admin_token_file + ": " + unread->why,
                 "a file whose first line is the token");
  const std::string& text = std::get<std::string>(read);
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty() || !valid_secret(line)) {
    return "--admin-token-file: its first line is not a secret that can be sent: " + options.admin_token_file +
           " (taken: up to 256 visible ASCII characters without \" , ; \\)";
  }
  options.admin_token = line;
  return {};
}

Complaint check(const Options& options) {
  if (options.cert.size() != options.cert_key.size()) {
    return "--cert: given " + std::to_string(options.cert.size()) + " times, --cert-key " +
           std::to_string(options.cert_key.size()) + " times (taken: one --cert-key for each --cert, in its order)";
  }
  for (const std::string& file : options.cert) {
    if (const auto why = unreadable(file); !why.empty())
      return taken("--cert: can't be read", why, "a PEM file with a certificate chain");
  }
  for (const std::string& file : options.cert_key) {
    if (const auto why = unreadable(file); !why.empty())
      return taken("--cert-key: can't be read", why, "a PEM file with a private key");
  }
  if (!options.log_file.empty() && !can_write(options.log_file)) {
    return taken("--log-file: can't be written", options.log_file, "a file in a folder that is there");
  }
  for (const ListenAddress& address : options.https) {
    if (options.cert.empty() && !is_loopback(address)) {
      return "--https: " + to_string(address) +
             ": the development certificate is for loopback only (taken: --cert and --cert-key with it, or a loopback "
             "address)";
    }
  }
  for (const auto& [name, given] : {std::pair{"--https-redirect", options.https_redirect},
                                    std::pair{"--hsts", options.hsts.has_value()}, std::pair{"--ktls", options.ktls}}) {
    if (given && options.https.empty()) return std::string(name) + ": means nothing without --https (taken: both)";
  }
  if (options.admin && !is_loopback(*options.admin) && options.admin_token.empty()) {
    return "--admin: " + to_string(*options.admin) +
           ": can be reached from other machines (taken: --admin-token or --admin-token-file with it, or a loopback "
           "address)";
  }
  if (options.max_payload > options.max_memory) {
    return "--max-payload: more than --max-memory (taken: up to " + format_byte_size(options.max_memory) + ")";
  }
  // SQLite takes values of up to 1,000,000,000 bytes, the whole row counted.
  constexpr std::size_t kMostStored = std::size_t{900} << 20;
  if (!options.store.empty() && options.max_payload > kMostStored) {
    return "--max-payload: more than a store takes (taken: up to " + format_byte_size(kMostStored) + " with --store)";
  }
  return {};
}

}  // namespace martd
