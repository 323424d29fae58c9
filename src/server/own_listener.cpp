#include "server/own_listener.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace martd {
namespace {

using wire::Address;

Address address_of(const sockaddr& from) {
  if (from.sa_family == AF_INET6) {
    boost::asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, bytes.size());
    return wire::plain(boost::asio::ip::address_v6(bytes));
  }
  return boost::asio::ip::address_v4(ntohl(reinterpret_cast<const sockaddr_in&>(from).sin_addr.s_addr));
}

std::vector<Address> addresses_of(const std::string& host, std::uint16_t port, client::Endpoints::LookUp look_up) {
  std::vector<Address> addresses;
  for (const client::Endpoint& endpoint : look_up(host, port).value_or(std::vector<client::Endpoint>()))
    addresses.push_back(address_of(reinterpret_cast<const sockaddr&>(endpoint.address)));
  return addresses;
}

bool is_of_this_machine(const Address& address) {
  if (address.is_loopback()) return true;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    const sockaddr* at = each->ifa_addr;
    if (at != nullptr && (at->sa_family == AF_INET || at->sa_family == AF_INET6) && address_of(*at) == address)
      return true;
  }
  return false;
}

/// Who connects to no address in particular gets to this machine (Linux).
Address connected(const Address& address) {
  if (!address.is_unspecified()) return address;
  return address.is_v4() ? Address(boost::asio::ip::address_v4::loopback())
                         : Address(boost::asio::ip::address_v6::loopback());
}

bool leads_to(const Address& site, const Address& listener) {
  if (site.is_v4() != listener.is_v4()) return false;  // one for IPv6 takes no IPv4
  return site == listener || (listener.is_unspecified() && is_of_this_machine(site));
}

}  // namespace

std::optional<std::string> site_is_own_listener(const Options& options, client::Endpoints::LookUp look_up) {
  if (!options.upstream || options.upstream->port == 0) return std::nullopt;
  std::vector<std::pair<const char*, ListenAddress>> listeners;
  for (const ListenAddress& address : options.http) listeners.emplace_back("--http", address);
  for (const ListenAddress& address : options.https) listeners.emplace_back("--https", address);
  if (options.admin) listeners.emplace_back("--admin", *options.admin);
  const client::Site& site = *options.upstream;
  std::erase_if(listeners, [&](const auto& listener) { return listener.second.port != site.port; });
  if (listeners.empty()) return std::nullopt;
  const std::vector<Address> there = addresses_of(site.host, site.port, look_up);
  for (const auto& [option, listener] : listeners) {
    for (const Address& own : addresses_of(listener.host, listener.port, look_up)) {
      if (std::none_of(there.begin(), there.end(), [&](const Address& at) { return leads_to(connected(at), own); }))
        continue;
      return "--upstream: " + site.url + " is this server itself (" + option + ' ' + to_string(listener) +
             "): no request would ever be answered (taken: where the site behind is)";
    }
  }
  return std::nullopt;
}

}  // namespace martd
