#include "wire/page_tags.h"

#include <algorithm>
#include <cstdint>

#include "wire/text.h"

namespace martd::wire {
namespace {

/// Goes up when the same page comes to another one: another place for the tag, another form.
constexpr std::string_view kForm = "1 ";
constexpr std::size_t kDigits = 8;

/// FNV-1a: it must only be the same tomorrow, and on another machine.
std::uint32_t digest(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string_view without_weak(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

std::string_view take_entity_tag(std::string_view& list) {
  const auto begin = list.find_first_not_of(" \t,");
  if (begin == list.npos) {
    list = {};
    return {};
  }
  list.remove_prefix(begin);
  std::size_t end = list.find(',');
  const std::size_t quote = list.starts_with("W/") ? 2 : 0;
  if (list.substr(quote).starts_with('"'))
    if (const auto closing = list.find('"', quote + 1); closing != list.npos) end = list.find(',', closing);
  const std::string_view tag = list.substr(0, end);
  list.remove_prefix(tag.size());
  return trim(tag);
}

bool is_entity_tag(std::string_view text) {
  text = without_weak(text);
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' &&
         std::all_of(text.begin() + 1, text.end() - 1, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != '"' && byte != 0x7F;
         });
}

PageTags::PageTags(std::string_view src) {
  std::uint32_t hash = digest(std::string(kForm).append(src));
  for (std::size_t at = 0; at < kDigits; ++at, hash >>= 4) mark_ += "0123456789abcdef"[hash & 0xF];
}

std::string PageTags::with_mark(std::string_view opaque, char kind) const {
  return "W/\"" + std::string(opaque) + '-' + kind + mark_ + '"';
}

std::string PageTags::mark(std::string_view etag) const {
  if (!is_entity_tag(etag)) return {};
  const std::string_view quoted = without_weak(etag);
  return with_mark(quoted.substr(1, quoted.size() - 2), etag.starts_with("W/") ? 'w' : 'm');
}

std::string PageTags::mark_date(std::string_view last_modified) const {
  std::string opaque(last_modified);
  std::replace(opaque.begin(), opaque.end(), ' ', '_');
  const std::string etag = with_mark(opaque, 'd');
  return opaque.empty() || !is_entity_tag(etag) ? std::string() : etag;
}

std::optional<PageTags::Original> PageTags::original(std::string_view etag) const {
  if (!is_entity_tag(etag)) return std::nullopt;
  std::string_view opaque = without_weak(etag);
  opaque = opaque.substr(1, opaque.size() - 2);
  if (opaque.size() < kDigits + 2 || !opaque.ends_with(mark_)) return std::nullopt;
  opaque.remove_suffix(kDigits);
  const char kind = opaque.back();
  opaque.remove_suffix(1);
  if (!opaque.ends_with('-')) return std::nullopt;
  opaque.remove_suffix(1);
  Original original;
  if (kind == 'm' || kind == 'w') {
    original.etag = (kind == 'w' ? "W/\"" : "\"") + std::string(opaque) + '"';
    return original;
  }
  if (kind != 'd' || opaque.empty()) return std::nullopt;
  original.last_modified = opaque;
  std::replace(original.last_modified.begin(), original.last_modified.end(), '_', ' ');
  return original;
}

}  // namespace martd::wire
