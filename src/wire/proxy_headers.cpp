#include "wire/proxy_headers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "base/ascii.h"
#include "push/attributes.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

enum class Rule : std::uint8_t {
  pass,           ///< as it came, unless Connection names it
  keep,           ///< as it came, whatever Connection names
  drop,           ///< never passed on
  connection,     ///< read for what it names, and dropped
  upgrade,        ///< written anew where there is an upgrade
  via,            ///< one more element
  host,           ///< by --upstream-host
  forwarded_for,  ///< one more element
  told_by_proxy,  ///< X-Forwarded-Proto, -Host: a trusted proxy's is kept
  forwarded,      ///< a trusted proxy's is kept
  vary,           ///< one more element, where it says less than it has to
  cookie,         ///< without our secret
  authorization,  ///< unless it is our secret
  max_forwards,   ///< one less, where it counts
};

struct Row {
  std::string_view name;
  Rule request;
  Rule response;
};

constexpr std::array kTable = std::to_array<Row>({
    {"connection", Rule::connection, Rule::connection},
    {"keep-alive", Rule::drop, Rule::drop},
    {"proxy-connection", Rule::drop, Rule::drop},
    {"te", Rule::drop, Rule::drop},
    {"trailer", Rule::drop, Rule::drop},
    {"transfer-encoding", Rule::drop, Rule::drop},
    {"upgrade", Rule::upgrade, Rule::upgrade},
    {"http2-settings", Rule::drop, Rule::drop},
    {"proxy-authenticate", Rule::drop, Rule::drop},
    {"proxy-authorization", Rule::drop, Rule::drop},
    {"via", Rule::via, Rule::via},
    {"content-length", Rule::keep, Rule::keep},
    {"host", Rule::host, Rule::pass},
    {"x-forwarded-for", Rule::forwarded_for, Rule::pass},
    {"x-forwarded-proto", Rule::told_by_proxy, Rule::pass},
    {"x-forwarded-host", Rule::told_by_proxy, Rule::pass},
    {"forwarded", Rule::forwarded, Rule::pass},
    {"x-forwarded-port", Rule::forwarded, Rule::pass},
    {"x-forwarded-prefix", Rule::forwarded, Rule::pass},
    {"x-forwarded-server", Rule::forwarded, Rule::pass},
    {"x-forwarded-ssl", Rule::forwarded, Rule::pass},
    {"x-forwarded-scheme", Rule::forwarded, Rule::pass},
    {"x-real-ip", Rule::forwarded, Rule::pass},
    {"proxy", Rule::forwarded, Rule::pass},  // CGI makes the variable HTTP_PROXY of it
    {"vary", Rule::pass, Rule::vary},
    {"cookie", Rule::cookie, Rule::pass},
    {"authorization", Rule::authorization, Rule::pass},
    {"max-forwards", Rule::max_forwards, Rule::pass},
    {"martd-channels", Rule::drop, Rule::pass},
    {"martd-publish", Rule::pass, Rule::drop},
    {"martd-payload", Rule::pass, Rule::drop},
    {"martd-cursor", Rule::pass, Rule::drop},
});

/// By its length: a bit for each row whose name is so long. Of most fields' lengths there is none, or one.
constexpr std::array<std::uint64_t, 32> kRows = [] {
  static_assert(kTable.size() <= 64);
  std::array<std::uint64_t, 32> rows{};
  for (std::size_t i = 0; i < kTable.size(); ++i) rows[kTable[i].name.size()] |= std::uint64_t{1} << i;
  return rows;
}();

/// `known` is lower case. `_` is read as `-`.
bool matches(std::string_view name, std::string_view known) {
  return std::equal(name.begin(), name.end(), known.begin(), known.end(),
                    [](char a, char b) { return lower(a) == b || (a == '_' && b == '-'); });
}

const Row* find(std::string_view name) {
  if (name.size() >= kRows.size()) return nullptr;
  for (std::uint64_t rows = kRows[name.size()]; rows != 0; rows &= rows - 1) {
    const Row& row = kTable[static_cast<std::size_t>(std::countr_zero(rows))];
    if (matches(name, row.name)) return &row;
  }
  return nullptr;
}

Rule request_rule(std::string_view name) {
  const Row* row = find(name);
  if (row == nullptr || row->request == Rule::pass) return Rule::pass;
  return name.find('_') == name.npos ? row->request : Rule::drop;
}

Rule response_rule(std::string_view name) {
  const Row* row = find(name);
  return row == nullptr || name.find('_') != name.npos ? Rule::pass : row->response;
}

bool less_icase(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return lower(x) < lower(y); });
}

/// What the Connection lines name. A head of 64 KiB has room for thousands of names, hence the order.
class Options {
 public:
  explicit Options(std::span<const Field> fields) {
    for (const Field& field : fields) {
      if (!iequals(field.name, "connection")) continue;
      for (std::string_view list = field.value; !list.empty();) {
        const std::string_view option = next_element(list);
        if (!option.empty() && !usual(option)) options_.push_back(option);
      }
    }
    if (options_.size() > 1) std::sort(options_.begin(), options_.end(), less_icase);
  }
  bool name(std::string_view field) const {
    return !options_.empty() && std::binary_search(options_.begin(), options_.end(), field, less_icase);
  }

 private:
  /// They name no field that would be passed on.
  static bool usual(std::string_view option) {
    return iequals(option, "keep-alive") || iequals(option, "close") || iequals(option, "upgrade");
  }
  std::vector<std::string_view> options_;
};

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name);
  out += ": ";
  out.append(value);
  out += "\r\n";
}

/// The list of the line with one more element.
void append_longer(std::string& out, const Field& field, std::string_view element) {
  out.append(field.name);
  out += ": ";
  if (!field.value.empty()) {
    out.append(field.value);
    out += ", ";
  }
  out.append(element);
  out += "\r\n";
}

/// The line without the pairs of `martd_secret` and of `martd_admin`, a browser's login at the admin listener: cookies
/// know no ports, so the browser sends it along. Nothing where no pair is left.
void append_cookie(std::string& out, const Field& field) {
  const auto is_secret = [](std::string_view pair) {
    const std::string_view name = trim(pair.substr(0, pair.find('=')));
    return name == "martd_secret" || name == "martd_admin";
  };
  if (field.value.find("martd_") == field.value.npos) return append_line(out, field.name, field.value);
  std::string kept;
  bool found = false;
  bool first = true;
  std::string_view rest = field.value;
  for (bool more = true; more;) {
    const auto semicolon = rest.find(';');
    std::string_view pair = rest.substr(0, semicolon);
    more = semicolon != rest.npos;
    if (more) rest.remove_prefix(semicolon + 1);
    if (is_secret(pair)) {
      found = true;
      continue;
    }
    // What follows a first pair that was taken out begins the line, so without the space before it.
    if (first && found) pair.remove_prefix(std::min(pair.find_first_not_of(" \t"), pair.size()));
    if (!first) kept += ';';
    kept.append(pair);
    first = false;
  }
  if (!found || !trim(kept).empty()) append_line(out, field.name, found ? kept : field.value);
}

bool is_bearer(std::string_view authorization, std::string_view secret) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view text = trim(authorization);
  return !secret.empty() && text.size() > kScheme.size() && iequals(text.substr(0, kScheme.size()), kScheme) &&
         push::same_secret(trim(text.substr(kScheme.size())), secret);
}

/// RFC 7239: an IPv6 address in brackets and quotes, a host with a port in quotes.
void append_forwarded(std::string& out, const RequestHop& hop) {
  out += "Forwarded: for=";
  const bool v6 = hop.client.find(':') != hop.client.npos;
  out += v6 ? "\"[" : "";
  out.append(hop.client);
  out += v6 ? "]\"" : "";
  if (!hop.host.empty()) {
    out += ";host=\"";
    out.append(hop.host);
    out += '"';
  }
  out += hop.tls ? ";proto=https\r\n" : ";proto=http\r\n";
}

std::size_t last_of(std::span<const Field> fields, Rule rule, Rule (*rule_of)(std::string_view)) {
  std::size_t at = fields.size();
  while (at > 0 && rule_of(fields[at - 1].name) != rule) --at;
  return at == 0 ? fields.size() : at - 1;
}

std::string via_element(std::string_view version, std::string_view name) {
  return std::string(version).append(" ").append(name);
}

constexpr std::string_view kChannels = "Martd-Channels";

/// Whether what the Vary lines say holds for Martd-Channels as well.
bool varies_by_channels(std::span<const Field> fields) {
  for (const Field& field : fields) {
    if (!iequals(field.name, "vary")) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const std::string_view name = next_element(list);
      if (name == "*" || iequals(name, kChannels)) return true;
    }
  }
  return false;
}

}  // namespace

void append_request_headers(std::span<const Field> fields, const RequestHop& hop, std::string& out) {
  const Options options(fields);
  const std::size_t last_for = last_of(fields, Rule::forwarded_for, request_rule);
  const std::size_t last_via = last_of(fields, Rule::via, request_rule);
  const std::string via = via_element(hop.version, hop.via);
  const std::string_view host = hop.upstream_host || hop.host.empty() ? hop.upstream : hop.host;
  bool has_host = false;
  bool has_proto = false;
  bool has_told_host = false;
  if (last_of(fields, Rule::host, request_rule) == fields.size()) {
    append_line(out, "Host", host);
    has_host = true;
  }
  for (std::size_t at = 0; at < fields.size(); ++at) {
    const Field& field = fields[at];
    switch (request_rule(field.name)) {
      case Rule::pass:
        if (!options.name(field.name)) append_line(out, field.name, field.value);
        break;
      case Rule::keep:
        append_line(out, field.name, field.value);
        break;
      case Rule::host:
        if (!has_host) append_line(out, field.name, host);
        has_host = true;
        break;
      case Rule::via:
        if (at == last_via)
          append_longer(out, field, via);
        else
          append_line(out, field.name, field.value);
        break;
      case Rule::forwarded_for:
        if (at == last_for)
          append_longer(out, field, hop.client);
        else
          append_line(out, field.name, field.value);
        break;
      case Rule::told_by_proxy:
        if (!hop.trusted) break;
        append_line(out, field.name, field.value);
        (iequals(field.name, "x-forwarded-proto") ? has_proto : has_told_host) = true;
        break;
      case Rule::forwarded:
        if (hop.trusted) append_line(out, field.name, field.value);
        break;
      case Rule::cookie:
        if (!options.name(field.name)) append_cookie(out, field);
        break;
      case Rule::authorization:
        if (!options.name(field.name) && !is_bearer(field.value, hop.publish_secret) &&
            !is_bearer(field.value, hop.admin_token))
          append_line(out, field.name, field.value);
        break;
      case Rule::max_forwards:
        append_line(out, field.name, hop.max_forwards ? std::to_string(*hop.max_forwards) : field.value);
        break;
      case Rule::vary:
      case Rule::drop:
      case Rule::connection:
      case Rule::upgrade:
        break;
    }
  }
  if (last_for == fields.size()) append_line(out, "X-Forwarded-For", hop.client);
  if (!has_proto) append_line(out, "X-Forwarded-Proto", hop.tls ? "https" : "http");
  if (!has_told_host && !hop.host.empty()) append_line(out, "X-Forwarded-Host", hop.host);
  // A line of its own: a quote that is open in the last one would swallow it.
  if (hop.forwarded) append_forwarded(out, hop);
  if (last_via == fields.size()) append_line(out, "Via", via);
  if (!hop.upgrade.empty()) {
    append_line(out, "Connection", "Upgrade");
    append_line(out, "Upgrade", hop.upgrade);
  }
}

void append_response_headers(std::span<const Field> fields, const ResponseHop& hop, std::string& out) {
  const Options options(fields);
  const std::size_t last_via = last_of(fields, Rule::via, response_rule);
  const std::string via = via_element(hop.version, "martd");
  const bool says_more = hop.by_channels && !varies_by_channels(fields);
  const std::size_t last_vary = says_more ? last_of(fields, Rule::vary, response_rule) : fields.size();
  bool upgrade = false;
  for (std::size_t at = 0; at < fields.size(); ++at) {
    const Field& field = fields[at];
    switch (response_rule(field.name)) {
      case Rule::drop:
      case Rule::connection:
        break;
      case Rule::upgrade:
        if (hop.status != 101 && hop.status != 426) break;
        append_line(out, field.name, field.value);
        upgrade = true;
        break;
      case Rule::via:
        if (at == last_via)
          append_longer(out, field, via);
        else
          append_line(out, field.name, field.value);
        break;
      case Rule::vary:
        if (at == last_vary)
          append_longer(out, field, kChannels);
        else
          append_line(out, field.name, field.value);
        break;
      case Rule::keep:
        append_line(out, field.name, field.value);
        break;
      default:
        if (!options.name(field.name)) append_line(out, field.name, field.value);
    }
  }
  if (last_via == fields.size()) append_line(out, "Via", via);
  if (says_more && last_vary == fields.size()) append_line(out, "Vary", kChannels);
  if (upgrade || !hop.connection.empty()) {
    out += "Connection: ";
    out.append(hop.connection);
    if (upgrade) out += hop.connection.empty() ? "Upgrade" : ", Upgrade";
    out += "\r\n";
  }
}

std::string_view asked_upgrade(std::span<const Field> fields, std::string_view version) {
  if (version != "1.1" || !connection_names(fields, "upgrade")) return {};
  for (const Field& field : fields) {
    if (!iequals(field.name, "upgrade")) continue;
    for (std::string_view list = field.value; !list.empty();)
      if (const std::string_view protocol = next_element(list); iequals(protocol, "websocket")) return protocol;
  }
  return {};
}

bool connection_names(std::span<const Field> fields, std::string_view option) {
  for (const Field& field : fields) {
    if (!iequals(field.name, "connection")) continue;
    for (std::string_view list = field.value; !list.empty();)
      if (iequals(next_element(list), option)) return true;
  }
  return false;
}

}  // namespace martd::wire
