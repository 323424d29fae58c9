#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martd::wire {

/// `bytes` decoded as the WHATWG Encoding Standard's UTF-8 decoder does it and encoded again: what is malformed becomes
/// U+FFFD, one for each maximal subpart. A leading byte order mark is kept as it is (the caller knows what it means
/// there).
void append_utf8_lossy(std::string& out, std::string_view bytes);

/// RFC 4648 section 4, with padding.
void append_base64(std::string& out, std::string_view bytes);

/// `text` as a JSON string with its quotes (RFC 8259). `text` must be UTF-8. What some readers take for the end of a
/// line (U+0085, U+2028, U+2029) is escaped, and `<` is not.
void append_json_string(std::string& out, std::string_view text);

/// %XX decoded and `+` as a space, as in application/x-www-form-urlencoded. Nothing where a `%` isn't followed by two
/// hex digits.
std::optional<std::string> decode_form(std::string_view text);

/// Percent-encodes all but RFC 3986's unreserved characters.
std::string encode_component(std::string_view text);

inline void append_number(std::string& out, std::uint64_t number) {
  char digits[20];  // enough for every 64-bit number
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// `a` in lower case, ASCII only.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// ASCII only, as HTTP compares names.
inline bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.empty()) return true;
  // Nearly always the first byte differs in more than its case, or all are the same.
  if (lower(a[0]) != lower(b[0])) return false;
  if (a == b) return true;
  std::size_t at = 1;
  while (at < a.size() && lower(a[at]) == lower(b[at])) ++at;
  return at == a.size();
}

/// `text` without the spaces and tabs around it.
inline std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the next element off a list (RFC 9110 section 5.6.1), and the separator behind it: without the spaces and tabs
/// around it; it may be empty.
inline std::string_view take_element(std::string_view& list, char separator = ',') {
  const auto end = list.find(separator);
  const std::string_view element = trim(list.substr(0, end));
  list = end == list.npos ? std::string_view() : list.substr(end + 1);
  return element;
}

/// The known word that `word` was most likely meant to be (a small edit distance), or empty.
std::string_view nearest(std::string_view word, const std::string_view* begin, const std::string_view* end);

}  // namespace martd::wire
