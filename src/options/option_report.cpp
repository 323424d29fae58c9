#include "options/option_report.h"

#include <boost/assert.hpp>
#include <map>
#include <string_view>

#include "base/units.h"
#include "options/option_table.h"

namespace martd {
namespace {

using Show = std::string (*)(const Options&);

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + text;
  return out.empty() ? "none" : out;
}

std::string addresses(const std::vector<ListenAddress>& all) {
  std::vector<std::string> texts;
  for (const ListenAddress& address : all) texts.push_back(to_string(address));
  return joined(texts);
}

/// What was said of it, where its type doesn't tell.
std::string said(const Options& options, std::string_view name, std::string_view otherwise) {
  const auto found = options.given.find(name);
  return found == options.given.end() ? std::string(otherwise) : joined(found->second);
}

std::string level(LogLevel level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  return std::string(kNames[static_cast<std::size_t>(level)]);
}

std::string durability(push::Durability durability) {
  return durability == push::Durability::always ? "always" : "interval";
}

template <auto Field>
std::string duration(const Options& options) {
  return format_duration(options.*Field);
}
template <auto Field>
std::string bytes(const Options& options) {
  return format_byte_size(options.*Field);
}
template <auto Field>
std::string count(const Options& options) {
  return std::to_string(options.*Field);
}
template <auto Field>
std::string text(const Options& options) {
  return (options.*Field).empty() ? "none" : options.*Field;
}
template <auto Field>
std::string secret(const Options& options) {
  return (options.*Field).empty() ? "none" : "set";
}

template <auto Field>
std::string flag(const Options& options) {
  return options.*Field ? "true" : "false";
}

const std::map<std::string_view, Show>& shows() {
  using O = Options;
  static const std::map<std::string_view, Show> all{
      {"http", [](const O& o) { return addresses(o.http); }},
      {"https", [](const O& o) { return addresses(o.https); }},
      {"admin", [](const O& o) { return o.admin ? to_string(*o.admin) : std::string("none"); }},
      {"cert", [](const O& o) { return joined(o.cert); }},
      {"cert-key", [](const O& o) { return joined(o.cert_key); }},
      {"https-redirect", flag<&O::https_redirect>},
      {"hsts", [](const O& o) { return o.hsts ? format_duration(*o.hsts) : std::string("none"); }},
      {"ktls", flag<&O::ktls>},
      {"tls-records", [](const O& o) { return std::string(o.tls_records == RecordsOf::own ? "own" : "openssl"); }},
      {"prefix", text<&O::prefix>},
      {"publish-from", [](const O& o) { return said(o, "publish-from", "loopback"); }},
      {"publish-secret", secret<&O::publish_secret>},
      {"trusted-proxy", [](const O& o) { return said(o, "trusted-proxy", "none"); }},
      {"origin", [](const O& o) { return said(o, "origin", "none"); }},
      {"host", [](const O& o) { return said(o, "host", "none"); }},
      {"admin-token", secret<&O::admin_token>},
      {"admin-token-file", text<&O::admin_token_file>},
      {"upstream", [](const O& o) { return o.upstream ? o.upstream->url : std::string("none"); }},
      {"upstream-host", flag<&O::upstream_host>},
      {"forwarded", flag<&O::forwarded>},
      {"inject", flag<&O::inject>},
      {"upstream-publishes", flag<&O::upstream_publishes>},
      {"snapshot", [](const O& o) { return joined(o.snapshot); }},
      {"upstream-timeout", duration<&O::upstream_timeout>},
      {"upstream-connect-timeout", duration<&O::upstream_connect_timeout>},
      {"heartbeat", duration<&O::heartbeat>},
      {"grace", duration<&O::grace>},
      {"header-timeout", duration<&O::header_timeout>},
      {"max-wait", duration<&O::max_wait>},
      {"max-size", count<&O::max_size>},
      {"max-life", duration<&O::max_life>},
      {"max-payload", bytes<&O::max_payload>},
      {"max-channels", count<&O::max_channels>},
      {"max-behind", bytes<&O::max_behind>},
      {"max-memory", bytes<&O::max_memory>},
      {"max-connections", count<&O::max_connections>},
      {"store", text<&O::store>},
      {"durability", [](const O& o) { return durability(o.durability); }},
      {"threads", count<&O::threads>},
      {"config", text<&O::config>},
      {"log-level", [](const O& o) { return level(o.log_level); }},
      {"log-file", text<&O::log_file>},
      {"access-log", flag<&O::access_log>},
      {"log-format", [](const O& o) { return std::string(o.log_format == LogFormat::json ? "json" : "text"); }},
  };
  return all;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> configuration_of(const Options& options) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const OptionRow& row : option_rows()) {
    const auto show = shows().find(row.text.name);
    BOOST_ASSERT_MSG(show != shows().end(), "an option that is not reported");
    if (show != shows().end()) out.emplace_back(row.text.name, show->second(options));
  }
  return out;
}

}  // namespace martd
