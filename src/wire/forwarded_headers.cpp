#include "wire/forwarded_headers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

/// The addresses of a list in its order, oldest first; nothing in the place of one that can't be read.
using Hops = std::vector<std::optional<Address>>;

void append_x_forwarded_for(Hops& hops, std::string_view line) {
  while (!line.empty())
    if (const std::string_view text = next_element(line); !text.empty()) hops.push_back(parse_address(text));
}

/// `node` of RFC 7239, section 6: `192.0.2.43`, `192.0.2.43:47011`, `[2001:db8::1]`, with a port that may be
/// obfuscated.
std::optional<Address> parse_node(std::string_view node) {
  const std::size_t colon = node.rfind(':');
  if (colon == std::string_view::npos) return parse_address(node);
  // Without brackets one can't tell the last group of an IPv6 address from a port.
  if (!node.starts_with('[') && node.find(':') != colon) return std::nullopt;
  if (node.substr(colon + 1).starts_with('_')) node = node.substr(0, colon);
  return parse_address(node);
}

/// Reads one line of Forwarded (RFC 7239, section 4) from its start.
class ForwardedReader {
 public:
  explicit ForwardedReader(std::string_view line) : rest_(line) {}

  struct Element {
    std::optional<std::string> node;   ///< `for`
    std::optional<std::string> proto;  ///< likewise
  };

  /// False where the line is malformed: where its elements begin and end is anyone's guess then.
  bool read(std::vector<Element>& elements) {
    for (;;) {
      skip_space();
      if (rest_.empty()) return true;
      if (take(',')) continue;  // an empty element
      if (!read_element(elements.emplace_back())) return false;
      if (!rest_.empty() && !take(',')) return false;
    }
  }

 private:
  bool read_element(Element& element) {
    for (;;) {
      skip_space();
      if (rest_.empty() || rest_[0] == ',') break;
      if (take(';')) continue;
      const std::string_view name = take_until("=,; \t\"");
      if (name.empty() || !take('=')) return false;
      std::string value;
      if (!read_value(value)) return false;
      for (const auto& [known, place] : {std::pair{"for", &element.node}, std::pair{"proto", &element.proto}}) {
        if (!iequals(name, known)) continue;
        if (*place) return false;
        *place = std::move(value);
      }
      skip_space();
      if (!rest_.empty() && rest_[0] != ';' && rest_[0] != ',') return false;
    }
    return true;
  }

  bool read_value(std::string& value) {
    if (!take('"')) {
      // More than a token is taken: many write addresses with a port, or in brackets, without the quotes.
      value = take_until("=,; \t\"");
      return !value.empty();
    }
    while (!rest_.empty()) {
      if (take('"')) return true;
      take('\\');
      if (rest_.empty()) break;
      value += rest_[0];
      rest_.remove_prefix(1);
    }
    return false;
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view take_until(std::string_view stops) {
    const std::string_view taken = rest_.substr(0, rest_.find_first_of(stops));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view rest_;
};

void append_forwarded(Hops& hops, std::string_view line) {
  std::vector<ForwardedReader::Element> elements;
  if (!ForwardedReader(line).read(elements)) elements.assign(1, {});
  for (const auto& [node, proto] : elements) hops.push_back(node ? parse_node(*node) : std::nullopt);
}

/// From the nearest hop on, past the trusted ones.
std::optional<Address> deciding(const Hops& hops, const AddressSet& trusted) {
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop)
    if (!*hop || !trusted.contains(**hop)) return *hop ? std::optional(plain(**hop)) : std::nullopt;
  return hops.empty() ? std::nullopt : std::optional(plain(*hops.front()));
}

}  // namespace

std::optional<Address> effective_peer(const Address& connection, std::span<const std::string_view> x_forwarded_for,
                                      std::span<const std::string_view> forwarded, const AddressSet& trusted) {
  if (!trusted.contains(connection)) {
    if (!x_forwarded_for.empty() || !forwarded.empty()) return std::nullopt;
    return plain(connection);
  }
  Hops x_hops;
  for (const std::string_view line : x_forwarded_for) append_x_forwarded_for(x_hops, line);
  if (forwarded.empty()) return deciding(x_hops, trusted);
  Hops hops;
  for (const std::string_view line : forwarded) append_forwarded(hops, line);
  const auto peer = deciding(hops, trusted);
  if (x_forwarded_for.empty()) return peer;
  return peer == deciding(x_hops, trusted) ? peer : std::nullopt;
}

std::string forwarded_proto(std::string_view forwarded) {
  std::vector<ForwardedReader::Element> elements;
  if (!ForwardedReader(forwarded).read(elements) || elements.empty()) return {};
  return elements.front().proto.value_or("");
}

}  // namespace martd::wire
