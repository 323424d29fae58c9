#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/refusal.h"

namespace martd::wire {

using Address = boost::asio::ip::address;

/// An IPv4-mapped IPv6 address (::ffff:a.b.c.d) as the IPv4 address that it is; any other as it is.
Address plain(const Address& address);

/// `1.2.3.4`, `::1`. As Address::to_string() has it, which takes a printf() for it; this is asked for each request.
std::string text_of(const Address& address);

/// The same without the zone of an IPv6 address (RFC 4007, `fe80::1%eth0`): it means nothing on any other machine.
Address without_zone(const Address& address);

/// `1.2.3.4`, `::1`, `[::1]`, each with or without `:port` (an unbracketed IPv6 address has no port).
std::optional<Address> parse_address(std::string_view text);

/// A set of addresses given as networks: `127.0.0.0/8,::1,10.0.0.5`. `loopback` stands for 127.0.0.0/8 and ::1, `all`
/// for everything, `none` or an empty text for nothing.
class AddressSet {
 public:
  /// The error names the piece that isn't an address or a network.
  static Result<AddressSet> parse(std::string_view text);
  /// Compares plain() addresses.
  bool contains(const Address& address) const;
  bool empty() const { return v4_.empty() && v6_.empty(); }

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace martd::wire
