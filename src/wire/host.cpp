#include "wire/host.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>

namespace martd::wire {
namespace {

constexpr std::array<bool, 256> kNameByte = [] {
  std::array<bool, 256> bytes{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"))
    bytes[static_cast<unsigned char>(c)] = true;
  return bytes;
}();

bool valid_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return kNameByte[static_cast<unsigned char>(c)]; });
}

std::optional<boost::asio::ip::address_v6> parse_v6(std::string_view text) {
  // The look-up behind make_address_v6 stops at a NUL and takes a zone after `%`; neither is part of an address here.
  if (text.empty() || text.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v6(std::string(text), error);
  if (error) return std::nullopt;
  return address;
}

}  // namespace

std::optional<HostPort> parse_host(std::string_view text) {
  HostPort result;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !parse_v6(text.substr(1, close - 1))) return std::nullopt;
    result.host = text.substr(0, close + 1);
  } else {
    result.host = text.substr(0, text.find(':'));
    if (!valid_name(result.host)) return std::nullopt;
  }
  text.remove_prefix(result.host.size());
  if (text.empty() || text == ":") return result;
  if (text[0] != ':' || text.size() > 6) return std::nullopt;
  text.remove_prefix(1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  result.port = port;
  return result;
}

std::string canonical_host(std::string_view host) {
  if (host.starts_with('[')) {
    if (const auto address = parse_v6(host.substr(1, host.size() - 2))) return "[" + address->to_string() + "]";
  }
  std::string out(host);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace martd::wire
