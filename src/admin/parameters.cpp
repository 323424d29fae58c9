#include "admin/parameters.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/nearest.h"
#include "base/percent.h"
#include "base/utf8.h"

namespace martd::admin {
namespace {

/// `text` as a message may show it.
std::string shown(std::string_view text) {
  std::string out;
  append_utf8_lossy(out, text.substr(0, 64));
  return out;
}

std::string in_words(std::initializer_list<std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out.empty() ? "none" : out;
}

}  // namespace

Result<Parameters> Parameters::parse(std::string_view query, std::initializer_list<std::string_view> known) {
  Parameters parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    auto name = decode_form(piece.substr(0, equals));
    auto value = decode_form(piece.substr(std::min(equals + 1, piece.size())));
    if (!name || !value)
      return bad_request(shown(piece.substr(0, equals)) + ": a % without two hex digits (taken: %25 for one)");
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      const std::string_view near = nearest(*name, known.begin(), known.end());
      return bad_request(shown(*name) + ": no such parameter" +
                         (near.empty() ? "" : ", nearest: " + std::string(near)) + " (taken: " + in_words(known) + ")");
    }
    if (!parameters.values_.emplace(*name, *std::move(value)).second)
      return bad_request(*name + ": given twice (taken: once)");
  }
  std::erase_if(parameters.values_, [](const auto& pair) { return pair.second.empty(); });
  return parameters;
}

const std::string* Parameters::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

Result<std::size_t> Parameters::count(std::string_view name, std::size_t otherwise, std::size_t most) const {
  const std::string* given = text(name);
  // Said in full: a number could be taken for the status of a refusal, too.
  const auto value = [](std::size_t number) { return Result<std::size_t>(boost::system::in_place_value, number); };
  if (!given) return value(otherwise);
  std::size_t count = 0;
  const char* const end = given->data() + given->size();
  const auto [stop, error] = std::from_chars(given->data(), end, count);
  if (error != std::errc() || stop != end || count < 1 || count > most)
    return bad_request(std::string(name) + ": not a number in its range: " + shown(*given) + " (taken: 1 to " +
                       std::to_string(most) + ")");
  return value(count);
}

std::optional<std::vector<std::string>> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  if (!path.starts_with('/')) return std::nullopt;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    std::string piece;
    for (const char byte : path.substr(0, end)) byte == '+' ? piece += "%2B" : piece += byte;
    auto segment = decode_form(piece);
    if (!segment) return std::nullopt;
    segments.push_back(*std::move(segment));
    path.remove_prefix(end);
  }
  return segments;
}

}  // namespace martd::admin
