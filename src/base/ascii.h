#pragma once

#include <cstddef>
#include <string_view>

namespace martd {

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
inline std::string_view next_element(std::string_view& list, char separator = ',') {
  const auto end = list.find(separator);
  const std::string_view element = trim(list.substr(0, end));
  list = end == list.npos ? std::string_view() : list.substr(end + 1);
  return element;
}

}  // namespace martd
