#include "wire/address.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/ascii.h"
#include "base/numbers.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

namespace ip = boost::asio::ip;

/// An address alone, without brackets, port or zone.
std::optional<Address> parse_bare(std::string_view text) {
  // The look-up behind make_address stops at a NUL and takes a zone after `%`; neither is part of an address here.
  if (text.empty() || text.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const Address address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return address;
}

bool valid_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && text.size() <= 5;
}

bool same_prefix(const ip::address_v6& a, const ip::address_v6& b, unsigned length) {
  const auto x = a.to_bytes();
  const auto y = b.to_bytes();
  for (std::size_t byte = 0; byte < x.size() && length > 0; ++byte) {
    const unsigned bits = std::min(length, 8U);
    if (((x[byte] ^ y[byte]) >> (8 - bits)) != 0) return false;
    length -= bits;
  }
  return true;
}

}  // namespace

Address plain(const Address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

std::string text_of(const Address& address) {
  if (!address.is_v4()) return address.to_string();
  std::string text;
  for (const unsigned char byte : address.to_v4().to_bytes()) {
    if (!text.empty()) text += '.';
    append_number(text, byte);
  }
  return text;
}

Address without_zone(const Address& address) {
  if (address.is_v4() || address.to_v6().scope_id() == 0) return address;
  return ip::address_v6(address.to_v6().to_bytes());
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto address = parse_bare(text.substr(1, close - 1));
    const std::string_view rest = text.substr(close + 1);
    if (!address || !address->is_v6()) return std::nullopt;
    if (!rest.empty() && (rest[0] != ':' || !valid_port(rest.substr(1)))) return std::nullopt;
    return address;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) return parse_bare(text);
  if (!valid_port(text.substr(colon + 1))) return std::nullopt;
  return parse_bare(text.substr(0, colon));
}

Result<AddressSet> AddressSet::parse(std::string_view text) {
  AddressSet set;
  const auto add = [&set](const Address& address, unsigned length) {
    // What is compared is plain, so a mapped network must be, too.
    if (address.is_v4()) {
      set.v4_.emplace_back(address.to_v4(), static_cast<unsigned short>(length));
    } else if (address.to_v6().is_v4_mapped() && length >= 96) {
      set.v4_.emplace_back(plain(address).to_v4(), static_cast<unsigned short>(length - 96));
    } else {
      set.v6_.emplace_back(address.to_v6(), static_cast<unsigned short>(length));
    }
  };
  while (!text.empty()) {
    const std::string_view piece = next_element(text);
    if (piece.empty() || piece == "none") continue;
    if (piece == "all") {
      add(ip::address_v4::any(), 0);
      add(ip::address_v6::any(), 0);
      continue;
    }
    if (piece == "loopback") {
      add(ip::make_address_v4("127.0.0.0"), 8);
      add(ip::address_v6::loopback(), 128);
      continue;
    }
    const std::size_t slash = std::min(piece.find('/'), piece.size());
    const auto address = parse_bare(piece.substr(0, slash));
    unsigned length = address && address->is_v4() ? 32 : 128;
    bool valid = address.has_value();
    if (valid && slash < piece.size()) {
      const std::string_view digits = piece.substr(slash + 1);
      const unsigned most = length;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
      valid = error == std::errc{} && end == digits.data() + digits.size() && length <= most;
    }
    if (!valid)
      return bad_request("not an address or a network: " + shown(piece) +
                         " (taken: 10.0.0.5, 10.0.0.0/8, ::1, fd00::/8, loopback, all, none)");
    add(*address, length);
  }
  return set;
}

bool AddressSet::contains(const Address& given) const {
  if (empty()) return false;  // as nearly always that of the trusted proxies
  const Address address = plain(given);
  if (address.is_v4()) {
    const auto bits = address.to_v4().to_uint();
    return std::any_of(v4_.begin(), v4_.end(), [bits](const ip::network_v4& network) {
      return ((bits ^ network.address().to_uint()) & network.netmask().to_uint()) == 0;
    });
  }
  return std::any_of(v6_.begin(), v6_.end(), [&address](const ip::network_v6& network) {
    return same_prefix(address.to_v6(), network.address(), network.prefix_length());
  });
}

}  // namespace martd::wire
