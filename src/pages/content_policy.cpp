#include "pages/content_policy.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"
#include "wire/host.h"
#include "wire/query.h"

namespace martd::pages {
namespace {

constexpr std::string_view kSpace = " \t\n\f\r";

std::string_view take_until(std::string_view& rest, char separator) {
  const std::string_view piece = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
  return piece;
}

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kSpace), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(kSpace));
  rest.remove_prefix(word.size());
  return word;
}

bool starts_with_icase(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && iequals(text.substr(0, start.size()), start);
}

/// The host that a list's entry allows, `*.example.com` with all below it.
bool same_host_part(std::string_view pattern, std::string_view host) {
  if (pattern == "*") return true;
  if (!pattern.starts_with("*.")) return iequals(pattern, host);
  const std::string_view ending = pattern.substr(1);
  return host.size() > ending.size() && iequals(host.substr(host.size() - ending.size()), ending);
}

bool same_port_part(std::string_view pattern, const ScriptPlace& script, std::optional<std::uint16_t> port) {
  const std::uint16_t real = port.value_or(script.tls ? 443 : 80);
  if (pattern == "*") return true;
  if (pattern.empty()) return real == (script.tls ? 443 : 80);
  // A policy for http counts for https on the usual ports, too.
  return pattern == std::to_string(real) || (pattern == "80" && script.tls && real == 443);
}

/// Whether an entry that is no keyword allows the script (CSP level 3, section 6.7.2.8).
bool entry_allows(std::string_view entry, const ScriptPlace& script) {
  if (entry == "*") return true;
  if (entry.starts_with('\'')) return iequals(entry, "'self'");
  const auto scheme_end = entry.find("://");
  if (scheme_end == entry.npos && entry.ends_with(':'))
    return iequals(entry, "http:") || (script.tls && iequals(entry, "https:"));
  if (scheme_end != entry.npos) {
    const std::string_view scheme = entry.substr(0, scheme_end);
    if (!iequals(scheme, "http") && !(script.tls && iequals(scheme, "https"))) return false;
    entry.remove_prefix(scheme_end + 3);
  }
  const auto own = wire::parse_host(script.host);
  if (!own) return false;
  const auto slash = entry.find('/');
  const std::string_view path = slash == entry.npos ? std::string_view() : entry.substr(slash);
  const std::string_view authority = entry.substr(0, slash);
  const auto colon = authority.rfind(':');
  const std::string_view port = colon == authority.npos ? std::string_view() : authority.substr(colon + 1);
  if (!same_host_part(authority.substr(0, colon), own->host) || !same_port_part(port, script, own->port)) return false;
  return path.empty() || (path.ends_with('/') ? script.path.starts_with(path) : script.path == path);
}

/// What a directive's list comes to, for a script by address.
struct Sources {
  bool grants = false;  ///< something at all
  bool strict = false;  ///< 'strict-dynamic': addresses don't count
  bool allows = false;  ///< the script, by its address
  std::string_view nonce;
};

Sources read_sources(std::string_view list, const ScriptPlace& script) {
  Sources sources;
  while (true) {
    const std::string_view entry = take_word(list);
    if (entry.empty()) break;
    if (starts_with_icase(entry, "'nonce-") && entry.ends_with('\'') && entry.size() > 8) {
      if (sources.nonce.empty()) sources.nonce = entry.substr(7, entry.size() - 8);
      sources.grants = true;
    } else if (iequals(entry, "'strict-dynamic'")) {
      sources.strict = true;
    } else if (!entry.starts_with('\'') || iequals(entry, "'self'") || iequals(entry, "'unsafe-inline'") ||
               starts_with_icase(entry, "'sha")) {
      sources.grants = true;
    }
    sources.allows |= entry_allows(entry, script);
  }
  return sources;
}

/// The script's address as an entry, or nothing where the grammar has no form for it.
std::string own_entry(const ScriptPlace& script) {
  const auto host = wire::parse_host(script.host);
  if (!host || host->host.starts_with('[') || host->host.find('_') != host->host.npos) return {};
  return std::string(script.host) + std::string(script.path);
}

/// The directives of one policy that matter here, each at its place in the policy's text.
struct Policy {
  std::optional<std::string_view> elements;
  std::optional<std::string_view> scripts;
  std::optional<std::string_view> all;
  std::optional<std::string_view> sandbox;
};

Policy read_policy(std::string_view text) {
  Policy policy;
  while (!text.empty()) {
    std::string_view list = take_until(text, ';');
    const std::string_view name = take_word(list);
    std::optional<std::string_view>* place = nullptr;
    if (iequals(name, "script-src-elem")) place = &policy.elements;
    if (iequals(name, "script-src")) place = &policy.scripts;
    if (iequals(name, "default-src")) place = &policy.all;
    if (iequals(name, "sandbox")) place = &policy.sandbox;
    if (place != nullptr && !*place) *place = list;
  }
  return policy;
}

bool lists(std::string_view list, std::string_view wanted) {
  while (true) {
    const std::string_view word = take_word(list);
    if (word.empty()) return false;
    if (iequals(word, wanted)) return true;
  }
}

/// Nonces differ by case.
bool lists_nonce(std::string_view list, std::string_view nonce) {
  while (true) {
    const std::string_view word = take_word(list);
    if (word.empty()) return false;
    if (starts_with_icase(word, "'nonce-") && word.substr(7) == std::string(nonce) + "'") return true;
  }
}

/// `text` with ` entry` after the last word of `list`, which lies within it.
std::string with_entry(std::string_view text, std::string_view list, std::string_view entry) {
  const auto last = list.find_last_not_of(kSpace);
  const std::size_t at = static_cast<std::size_t>(list.data() - text.data()) + (last == list.npos ? 0 : last + 1);
  std::string out(text.substr(0, at));
  out += ' ';
  out.append(entry);
  out.append(text.substr(at));
  return out;
}

/// Appends the policy as it is to be sent. False: it forbids the script.
bool permit_in(std::string_view text, const ScriptPlace& script, std::string_view& nonce, std::string& out) {
  const Policy policy = read_policy(text);
  if (policy.sandbox && !lists(*policy.sandbox, "allow-scripts")) return false;
  const auto list = policy.elements ? policy.elements : policy.scripts ? policy.scripts : policy.all;
  const Sources sources = list ? read_sources(*list, script) : Sources{};
  if (!list || (sources.allows && !sources.strict)) {
    out.append(text);
    return true;
  }
  if (!sources.grants) return false;
  if (!sources.nonce.empty() && (nonce.empty() || lists_nonce(*list, nonce))) {
    if (nonce.empty()) nonce = sources.nonce;
    out.append(text);
    return true;
  }
  const std::string entry = own_entry(script);
  if (sources.strict || entry.empty()) return false;
  if (policy.elements || policy.scripts) {
    out.append(with_entry(text, *list, entry));
    return true;
  }
  // Not for images and the rest: the list for scripts is made one of its own.
  out.append(text);
  out += "; script-src ";
  out.append(trim(*list));
  out += ' ';
  out.append(entry);
  return true;
}

}  // namespace

PolicyVerdict permit_script(std::string_view policy_line, const ScriptPlace& script, std::string_view nonce) {
  PolicyVerdict verdict;
  verdict.nonce = nonce;
  std::string_view rest = policy_line;
  bool first = true;
  while (!rest.empty()) {
    const std::string_view policy = take_until(rest, ',');
    if (!first) verdict.value += ',';
    first = false;
    if (!permit_in(policy, script, verdict.nonce, verdict.value)) {
      verdict.permits = false;
      return verdict;
    }
  }
  // Where nothing was added, it is what came, to the last comma.
  if (verdict.value.size() <= policy_line.size()) verdict.value = policy_line;
  return verdict;
}

}  // namespace martd::pages
