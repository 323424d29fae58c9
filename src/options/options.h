#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "client/site.h"
#include "command/command_line.h"
#include "forward/settings.h"
#include "process/log.h"
#include "push/store.h"
#include "wire/address.h"

namespace martd {

/// Where to listen: `localhost:54321`, `127.0.0.1:0`, `[::1]:8080`. A name means every address it has.
struct ListenAddress {
  std::string host;        ///< a name or an IP address, IPv6 without its brackets
  std::uint16_t port = 0;  ///< 0: the system chooses, one port for all addresses of a name

  bool operator==(const ListenAddress&) const = default;
};

/// Whether only this machine can reach it: a loopback address, or `localhost`. Any other name counts as reachable.
bool is_loopback(const ListenAddress& address);

/// As it is written: `localhost:54321`, `[::1]:8080`.
std::string to_string(const ListenAddress& address);

/// Who seals the records of TLS after a handshake.
enum class RecordsOf : std::uint8_t { own, openssl };

/// Everything that can be set for the server, checked. What the rooms go by stands in their own settings: limits,
/// times, who may do what and what is done with the site's requests are forward::Settings; of `via`, which is no
/// option, and of what follows from several options (server/http_settings.h) nothing is known here. The names are
/// otherwise the options' names with `_` for `-`. A value: copy it freely. It holds secrets: never print it whole.
struct Options : forward::Settings {
  Options() { access.publish_from = wire::AddressSet::parse("loopback").value(); }

  // Where to listen
  std::vector<ListenAddress> http{{"localhost", 54321}};     ///< plain; empty: none
  std::vector<ListenAddress> https;                          ///< TLS; empty: none
  std::optional<ListenAddress> admin{{"localhost", 54322}};  ///< for operators; nothing: none
  std::vector<std::string> cert;      ///< PEM files, chain included; empty: the development certificate, loopback only
  std::vector<std::string> cert_key;  ///< PEM files; the n-th belongs to the n-th `cert`, always as many
  bool https_redirect = false;        ///< plain requests are sent to the first address of `https`
  std::optional<Duration> hsts;       ///< Strict-Transport-Security on https answers, 0 to 100 years; nothing: none
  bool ktls = false;                  ///< the kernel seals TLS records, where it can
  RecordsOf tls_records = RecordsOf::own;
  std::string prefix;  ///< `/push`: where /sub, /pub and /client.js begin; empty: none; no `/` at the end

  std::optional<client::Site> upstream;  ///< every path but our own goes there; nothing: there is none

  std::string admin_token_file;  ///< where admin_token was read from; empty: from nowhere

  // The store
  std::string store;  ///< a SQLite file; empty: messages are in memory only
  push::Durability durability = push::Durability::always;

  // Work
  unsigned threads = 1;  ///< event loops, 1 to 1024; default: the cores

  Duration grace = std::chrono::seconds{10};           ///< for requests under way when stopping, 0 to 1 h
  Duration header_timeout = std::chrono::seconds{10};  ///< for a whole request header, 100 ms to 1 h

  std::size_t max_memory = std::size_t{1} << 30;  ///< bytes of all messages kept, from 1 MiB, at least `max_payload`
  std::size_t max_connections = 0;                ///< of all public listeners; 0: as many as the open files allow

  // Log
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  std::string log_file;     ///< empty: standard error
  bool access_log = false;  ///< a line for each request

  std::string config;  ///< the configuration file; empty: none

  /// What was said of each option, by name, wherever it was said. For reload(), which compares; holds secrets.
  std::map<std::string, std::vector<std::string>, std::less<>> given;
};

using command::Environment;  // names and values
/// `environ`, or any array like it.
Environment environment_of(const char* const* entries);

/// Run the server with these.
struct Run {
  Options options;
  std::vector<std::string> warnings;  ///< one line each, for standard error or the log
  bool check_only = false;            ///< --check-config: don't run it
};
using command::Shown;  // --help or --version: for standard output, exit code 0
using command::Wrong;  // what is wrong and what is taken: for standard error after `martd: `, exit code 2

/// What the server's command line takes: the table's options, and --check-config.
const command::CommandText& server_command_text();

/// Flags, then MARTD_… variables, then the file named by --config. Reads that file and no other, writes nothing,
/// never throws for what the user wrote. `arguments` are without the program's name.
std::variant<Run, Shown, Wrong> parse(const std::vector<std::string>& arguments, const Environment& environment);
std::variant<Run, Shown, Wrong> parse(int argc, const char* const* argv, const Environment& environment);

/// What SIGHUP brings.
struct Reload {
  /// To be used from now on: what can change while running is new, everything else as it was.
  /// The certificates are to be read again in any case: the files may be others under the same names.
  Options options;
  std::vector<std::string> applied;   ///< names of the options that changed
  std::vector<std::string> kept;      ///< names of those that were changed but keep their value until a restart
  std::vector<std::string> warnings;  ///< as in Run
};

/// Looks again: the same arguments, this environment, the file as it is now. Wrong: stay with `old`.
std::variant<Reload, Wrong> reload(const Options& old, const std::vector<std::string>& arguments,
                                   const Environment& environment);

/// For the server: reload() with everything but the options in use. Called on any thread, one call at a time.
using Reloader = std::function<std::variant<Reload, Wrong>(const Options& old)>;

}  // namespace martd
