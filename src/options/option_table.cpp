#include "options/option_table.h"

#include <concepts>

#include "base/units.h"
#include "options/option_values.h"
#include "wire/channel_list.h"

namespace martd {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMillisecond;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::uint64_t kKilobyte = 1024;
constexpr std::uint64_t kMegabyte = 1024 * kKilobyte;
constexpr std::uint64_t kGigabyte = 1024 * kMegabyte;
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

template <auto Field>
using FieldType = std::remove_reference_t<decltype(std::declval<Options&>().*Field)>;

template <auto Field, std::int64_t Least, std::int64_t Most>
Complaint set_duration(Options& options, const Values& values) {
  const auto duration = parse_duration(values[0]);
  if (!duration) return taken("not a duration", values[0], kDurationForms);
  if (duration->count() < Least || duration->count() > Most) {
    return taken("out of range", values[0],
                 format_duration(Duration(Least)) + " to " + format_duration(Duration(Most)));
  }
  options.*Field = *duration;
  return {};
}

template <auto Field, std::uint64_t Least, std::uint64_t Most>
Complaint set_bytes(Options& options, const Values& values) {
  const auto bytes = parse_byte_size(values[0]);
  if (!bytes) return taken("not a size", values[0], kByteSizeForms);
  if (*bytes < Least || *bytes > Most) {
    const std::string most = Most == kNoLimit ? "more" : format_byte_size(Most);
    return taken("out of range", values[0], format_byte_size(Least) + " to " + most);
  }
  options.*Field = static_cast<FieldType<Field>>(*bytes);
  return {};
}

template <auto Field, std::uint64_t Least, std::uint64_t Most>
Complaint set_count(Options& options, const Values& values) {
  const auto count = parse_count(values[0]);
  if (!count || *count < Least || *count > Most) {
    return taken(count ? "out of range" : "not a whole number", values[0],
                 std::to_string(Least) + " to " + std::to_string(Most));
  }
  options.*Field = static_cast<FieldType<Field>>(*count);
  return {};
}

template <auto Field>
Complaint set_text(Options& options, const Values& values) {
  options.*Field = values[0];
  return {};
}

template <auto Field>
Complaint set_secret(Options& options, const Values& values) {
  if (!valid_secret(values[0])) {
    return "not a secret that can be sent (taken: up to 256 visible ASCII characters without \" , ; \\)";
  }
  options.*Field = values[0];
  return {};
}

template <auto Field>
Complaint set_files(Options& options, const Values& values) {
  options.*Field = values;
  return {};
}

/// The field's own type reads it, as one list; what it complains of is passed on.
template <auto Field>
Complaint set_parsed(Options& options, const Values& values) {
  std::string all;
  for (const std::string& value : values) all += (all.empty() ? "" : ",") + value;
  auto parsed = FieldType<Field>::parse(all);
  if (!parsed) return parsed.error().message;
  options.*Field = *std::move(parsed);
  return {};
}

/// `none` alone, or addresses, several in one value at commas.
Complaint read_addresses(const Values& values, std::vector<ListenAddress>& out) {
  out.clear();
  if (values.size() == 1 && values[0] == "none") return {};
  for (const std::string& value : values) {
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      const std::string piece = value.substr(begin, end - begin);
      const auto address = parse_listen_address(piece);
      if (!address) return taken("not an address to listen on", piece, kListenForms);
      out.push_back(*address);
      begin = end + 1;
    }
  }
  return {};
}

template <auto Field>
Complaint set_addresses(Options& options, const Values& values) {
  return read_addresses(values, options.*Field);
}

Complaint set_admin(Options& options, const Values& values) {
  std::vector<ListenAddress> addresses;
  if (Complaint complaint = read_addresses(values, addresses); !complaint.empty()) return complaint;
  if (addresses.size() > 1) return taken("more than one address", values[0], "one, or none");
  options.admin.reset();
  if (!addresses.empty()) options.admin = addresses[0];
  return {};
}

Complaint set_hsts(Options& options, const Values& values) {
  const auto duration = parse_duration(values[0]);
  if (!duration) return taken("not a duration", values[0], kDurationForms);
  if (duration->count() < 0 || duration->count() > 36500 * kDay) return taken("out of range", values[0], "0 to 36500d");
  options.hsts = *duration;
  return {};
}

Complaint set_prefix(Options& options, const Values& values) {
  auto prefix = parse_prefix(values[0]);
  if (!prefix) return taken("not a path", values[0], "/PATH of letters, digits and - . _ ~, as /push or /a/b");
  options.prefix = *std::move(prefix);
  return {};
}

Complaint set_log_level(Options& options, const Values& values) {
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (values[0] != kNames[i]) continue;
    options.log_level = static_cast<LogLevel>(i);
    return {};
  }
  return taken("not a level", values[0], "debug, info, warning or error");
}

Complaint set_log_format(Options& options, const Values& values) {
  if (values[0] != "text" && values[0] != "json") return taken("not a format", values[0], "text or json");
  options.log_format = values[0] == "json" ? LogFormat::json : LogFormat::text;
  return {};
}

Complaint set_durability(Options& options, const Values& values) {
  if (values[0] != "always" && values[0] != "interval") return taken("not known", values[0], "always or interval");
  options.durability = values[0] == "always" ? push::Durability::always : push::Durability::interval;
  return {};
}

Complaint set_tls_records(Options& options, const Values& values) {
  if (values[0] != "own" && values[0] != "openssl") return taken("not known", values[0], "own or openssl");
  options.tls_records = values[0] == "own" ? RecordsOf::own : RecordsOf::openssl;
  return {};
}

Complaint set_upstream(Options& options, const Values& values) {
  auto site = client::Site::parse(values[0]);
  if (!site) return site.error().message;
  options.upstream = *std::move(site);
  return {};
}

Complaint set_snapshot(Options& options, const Values& values) {
  std::string all;
  for (const std::string& value : values) (all += ',') += value;
  auto channels = wire::parse_channel_list(all, 100);
  if (!channels) return channels.error().message;
  options.snapshot = *std::move(channels);
  return {};
}

/// The value is `true`: what is false isn't given.
template <auto Field>
Complaint set_flag(Options& options, const Values&) {
  options.*Field = true;
  return {};
}

template <auto Field>
void copy_field(Options& to, const Options& from) {
  to.*Field = from.*Field;
}

template <auto Field>
bool same_field(const Options& a, const Options& b) {
  if constexpr (std::equality_comparable<FieldType<Field>>) return a.*Field == b.*Field;
  return false;  // by what was given, then
}

enum class OnReload : bool { keep, apply };

template <auto Field>
OptionRow row(command::OptionText text, OnReload on_reload, Complaint (*set)(Options&, const Values&)) {
  return {text, on_reload == OnReload::apply, set, copy_field<Field>, same_field<Field>};
}

std::vector<OptionRow> make_rows() {
  constexpr auto keep = OnReload::keep;
  constexpr auto apply = OnReload::apply;
  constexpr std::string_view kListen = "Where to listen";
  constexpr std::string_view kSite = "The site behind";
  constexpr std::string_view kAccess = "Who may do what";
  constexpr std::string_view kLimits = "Limits (DURATION: 250ms, 90s, 10m, 1h, 7d; SIZE: 256K, 1M, 1G)";
  constexpr std::string_view kRest = "Running";
  using O = Options;
  return {
      row<&O::http>({"http", "HOST:PORT", kListen,
                     "plain HTTP, repeatable (localhost:54321); none for\n"
                     "none; port 0: the system chooses; a name listens on\nevery address it has",
                     true},
                    keep, set_addresses<&O::http>),
      row<&O::https>({"https", "HOST:PORT", kListen,
                      "with TLS, repeatable (none); without --cert the\n"
                      "development certificate, on loopback only",
                      true},
                     keep, set_addresses<&O::https>),
      row<&O::cert>({"cert", "FILE", kListen, "certificate chain, PEM, repeatable (none)", true}, apply,
                    set_files<&O::cert>),
      row<&O::cert_key>({"cert-key", "FILE", kListen, "its private key, PEM, one for each --cert", true}, apply,
                        set_files<&O::cert_key>),
      row<&O::https_redirect>({"https-redirect", "", kListen, "sends plain requests to the first --https address"},
                              apply, set_flag<&O::https_redirect>),
      row<&O::hsts>(
          {"hsts", "[=DURATION]", kListen,
           "Strict-Transport-Security on https answers, for\n365d where no DURATION is given (none)", false, "365d"},
          apply, set_hsts),
      row<&O::ktls>({"ktls", "", kListen, "the kernel seals TLS records, where it can (off)"}, apply,
                    set_flag<&O::ktls>),
      row<&O::tls_records>(
          {"tls-records", "own|openssl", kListen,
           "who seals the records of TLS after a handshake (own);\nopenssl takes 14 KB more a connection"},
          apply, set_tls_records),
      row<&O::admin>({"admin", "HOST:PORT", kListen, "dashboard, metrics, health (localhost:54322);\nnone for none"},
                     keep, set_admin),
      row<&O::prefix>({"prefix", "/PATH", kListen, "where /sub, /pub and /client.js begin (none)"}, keep, set_prefix),

      row<&O::upstream>({"upstream", "URL", kSite,
                         "the site behind: every path but our own goes there\n(none); "
                         "http://HOST[:PORT], https://… or unix:/PATH;\nthe same as UPSTREAM"},
                        keep, set_upstream),
      row<&O::upstream_host>(
          {"upstream-host", "", kSite, "the site gets its own name as Host, not the one that\nwas asked for"}, apply,
          set_flag<&O::upstream_host>),
      row<&O::forwarded>({"forwarded", "", kSite, "the site is told who asks by Forwarded (RFC 7239), too"}, apply,
                         set_flag<&O::forwarded>),
      row<&O::inject>({"inject", "", kSite, "the script client.js is put into its pages"}, apply, set_flag<&O::inject>),
      row<&O::upstream_publishes>(
          {"upstream-publishes", "", kSite, "the headers Martd-Publish of its answers are followed:\nit may push"},
          apply, set_flag<&O::upstream_publishes>),
      row<&O::snapshot>({"snapshot", "CHANNEL,...", kSite,
                         "every page is told where these channels stood (none);\n"
                         "names percent-encoded",
                         true},
                        apply, set_snapshot),
      row<&O::upstream_timeout>({"upstream-timeout", "DURATION", kSite, "silence until the head of its answer (60s)"},
                                apply, set_duration<&O::upstream_timeout, 100 * kMillisecond, kDay>),
      row<&O::upstream_connect_timeout>(
          {"upstream-connect-timeout", "DURATION", kSite, "until it takes a connection (5s)"}, apply,
          set_duration<&O::upstream_connect_timeout, 100 * kMillisecond, kHour>),

      row<&O::host>({"host", "NAME,...", kAccess,
                     "names that this server answers to, besides addresses,\n"
                     "localhost and those of --http, --https and --origin;\n"
                     "requests for others get 421 (none: all are answered)",
                     true},
                    apply, set_parsed<&O::host>),
      row<&O::publish_from>(
          {"publish-from", "CIDR,...", kAccess, "who may push by address (loopback); all, none", true}, apply,
          set_parsed<&O::publish_from>),
      row<&O::publish_secret>({"publish-secret", "SECRET", kAccess,
                               "who brings it may push (none); better given as\nMARTD_PUBLISH_SECRET or in the file: a "
                               "command\nline can be seen by others on the machine"},
                              apply, set_secret<&O::publish_secret>),
      row<&O::trusted_proxy>({"trusted-proxy", "CIDR,...", kAccess,
                              "proxies whose X-Forwarded-For and Forwarded are\nbelieved (none)", true},
                             apply, set_parsed<&O::trusted_proxy>),
      row<&O::origin>({"origin", "ORIGIN,...", kAccess,
                       "sites whose pages may use /pub and /sub, as\nhttps://a.example (none); '*' for all", true},
                      apply, set_parsed<&O::origin>),
      row<&O::admin_token>({"admin-token", "SECRET", kAccess,
                            "asked for by the admin listener as Bearer (none);\nneeded where --admin is not loopback"},
                           apply, set_secret<&O::admin_token>),
      {{"admin-token-file", "FILE", kAccess, "the same from the first line of a file (none)"},
       true,
       set_text<&O::admin_token_file>,
       [](O& to, const O& from) {
         to.admin_token_file = from.admin_token_file;
         to.admin_token = from.admin_token;
       },
       [](const O& a, const O& b) {
         return a.admin_token_file == b.admin_token_file && a.admin_token == b.admin_token;
       }},

      row<&O::heartbeat>({"heartbeat", "DURATION", kLimits, "silence after which a stream gets a sign (15s)"}, apply,
                         set_duration<&O::heartbeat, 100 * kMillisecond, kHour>),
      row<&O::grace>({"grace", "DURATION", kLimits, "for requests under way when stopping (10s)"}, apply,
                     set_duration<&O::grace, 0, kHour>),
      row<&O::header_timeout>({"header-timeout", "DURATION", kLimits, "for a whole request header (10s)"}, apply,
                              set_duration<&O::header_timeout, 100 * kMillisecond, kHour>),
      row<&O::max_wait>({"max-wait", "DURATION", kLimits, "longest wait of a long-poll (300s)"}, apply,
                        set_duration<&O::max_wait, kMillisecond, kDay>),
      row<&O::max_size>({"max-size", "N", kLimits, "most messages that a channel keeps (10000)"}, apply,
                        set_count<&O::max_size, 1, 10'000'000>),
      row<&O::max_life>({"max-life", "DURATION", kLimits, "longest life of a message (30d)"}, apply,
                        set_duration<&O::max_life, kMillisecond, 36500 * kDay>),
      row<&O::max_payload>({"max-payload", "SIZE", kLimits, "largest message (1M)"}, apply,
                           set_bytes<&O::max_payload, 1, kGigabyte>),
      row<&O::max_channels>({"max-channels", "N", kLimits, "most channels of one subscription (1000)"}, apply,
                            set_count<&O::max_channels, 1, 100'000>),
      row<&O::max_behind>({"max-behind", "SIZE", kLimits, "most that waits for one slow subscriber (256K)"}, apply,
                          set_bytes<&O::max_behind, kKilobyte, kGigabyte>),
      row<&O::max_memory>({"max-memory", "SIZE", kLimits, "most that all messages take (1G)"}, apply,
                          set_bytes<&O::max_memory, kMegabyte, kNoLimit>),
      row<&O::max_connections>(
          {"max-connections", "N", kLimits, "of the public listeners (0: as many as the limit\nof open files allows)"},
          apply, set_count<&O::max_connections, 0, 100'000'000>),

      row<&O::store>({"store", "FILE", kRest, "SQLite file that keeps channels and messages (none:\nin memory only)"},
                     keep, set_text<&O::store>),
      row<&O::durability>({"durability", "always|interval", kRest,
                           "with --store: a push is answered and seen after it\n"
                           "is on disk, or at once (always)"},
                          keep, set_durability),
      row<&O::threads>({"threads", "N", kRest, "event loops (the cores)"}, keep, set_count<&O::threads, 1, 1024>),
      row<&O::config>({"config", "FILE", kRest, "TOML, the options' names as keys (none)"}, keep, set_text<&O::config>),
      row<&O::log_level>({"log-level", "debug|info|warning|error", kRest, "what is said, and what is worse (info)"},
                         apply, set_log_level),
      row<&O::log_format>({"log-format", "text|json", kRest, "json: an object a line (text)"}, apply, set_log_format),
      row<&O::log_file>(
          {"log-file", "FILE", kRest, "written to in place of standard error (none);\nSIGUSR1 opens it anew"}, apply,
          set_text<&O::log_file>),
      row<&O::access_log>({"access-log", "", kRest, "a line in the log for each request"}, apply,
                          set_flag<&O::access_log>),

  };
}

}  // namespace

const std::vector<OptionRow>& option_rows() {
  static const std::vector<OptionRow> rows = make_rows();
  return rows;
}

std::string variable_of(std::string_view option) {
  std::string name = "MARTD_";
  for (const char c : option) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

}  // namespace martd
