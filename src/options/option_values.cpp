#include "options/option_values.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "base/ascii.h"

namespace martd {
namespace {

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), is_name_letter);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto number = parse_count(text);
  if (!number || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

Complaint taken(std::string_view what, std::string_view value, std::string_view forms) {
  return std::string(what).append(": ").append(value).append(" (taken: ").append(forms).append(")");
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port || host.empty()) return std::nullopt;
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(std::string(host), error);
    if (error) return std::nullopt;
  } else if (!is_name(host)) {
    return std::nullopt;
  }
  return ListenAddress{std::string(host), *port};
}

std::optional<std::string> parse_prefix(std::string_view text) {
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.empty()) return std::string();
  const auto allowed = [](char c) { return is_name_letter(c) || c == '~' || c == '/'; };
  if (text.front() != '/' || !std::all_of(text.begin(), text.end(), allowed)) return std::nullopt;
  // Segments that are empty or dots mean another path to some clients and proxies.
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('/', 1), rest.size());
    const std::string_view segment = rest.substr(1, end - 1);
    if (segment.empty() || segment == "." || segment == "..") return std::nullopt;
    rest.remove_prefix(end);
  }
  return std::string(text);
}

bool valid_secret(std::string_view text) {
  const auto allowed = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\'; };
  return text.size() <= 256 && std::all_of(text.begin(), text.end(), allowed);
}

bool is_loopback(const ListenAddress& address) {
  boost::system::error_code error;
  const auto literal = boost::asio::ip::make_address(address.host, error);
  if (!error) return literal.is_loopback();
  return iequals(address.host, "localhost");
}

std::string to_string(const ListenAddress& address) {
  const std::string port = ':' + std::to_string(address.port);
  return address.host.find(':') == std::string::npos ? address.host + port : '[' + address.host + ']' + port;
}

}  // namespace martd
