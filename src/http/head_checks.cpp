#include "http/head_checks.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "wire/head_reader.h"
#include "wire/request_fields.h"

namespace martd::http {
namespace {

bool less_without_case(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return lower(x) < lower(y); });
}

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return wire::HeadReader::is(c, wire::HeadReader::kToken); });
}

}  // namespace

std::optional<Refusal> refuse_head(const wire::RequestHead& head, Route route) {
  if (auto refusal = wire::refuse_repeated(head.fields)) return refusal;
  const bool posts = head.method == "POST" || (route == Route::publish && head.method == "PUT");
  if (!posts || (route != Route::publish && route != Route::subscribe)) return std::nullopt;
  return wire::refuse_body_fields(head.fields);
}

std::string_view lines_of_refusal(int status) {
  static const std::string codings = "Accept-Encoding: " + std::string(wire::kTakenCodings) + "\r\n";
  return status == 415 ? std::string_view(codings) : std::string_view();
}

std::string preflight_lines(std::string_view asked) {
  constexpr std::size_t kMost = 4096;
  std::string names = "Authorization, Cache-Control, Content-Type, If-Match, If-None-Match, Last-Event-ID";
  std::vector<std::string_view> sorted;  // a head has room for tens of thousands of names
  while (!asked.empty()) {
    const std::string_view name = next_element(asked);
    if (is_token(name)) sorted.push_back(name);
  }
  std::sort(sorted.begin(), sorted.end(), less_without_case);
  sorted.erase(std::unique(sorted.begin(), sorted.end(), iequals), sorted.end());
  const std::size_t fixed = names.size();
  for (const std::string_view name : sorted) {
    std::string_view known = std::string_view(names).substr(0, fixed);
    bool there = false;
    while (!known.empty()) there |= iequals(next_element(known), name);
    if (there || names.size() + name.size() + 2 > kMost) continue;
    names.append(", ").append(name);
  }
  return "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\nAccess-Control-Allow-Headers: " +
         names + "\r\nAccess-Control-Max-Age: 600\r\n";
}

}  // namespace martd::http
