#include "pages/page_tags.h"

#include <algorithm>
#include <cstdint>

#include "wire/entity_tags.h"

namespace martd::pages {
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

}  // namespace

PageTags::PageTags(std::string_view src) {
  std::uint32_t hash = digest(std::string(kForm).append(src));
  for (std::size_t at = 0; at < kDigits; ++at, hash >>= 4) mark_ += "0123456789abcdef"[hash & 0xF];
}

std::string PageTags::with_mark(std::string_view opaque, char kind) const {
  return "W/\"" + std::string(opaque) + '-' + kind + mark_ + '"';
}

std::string PageTags::mark(std::string_view etag) const {
  if (!wire::is_entity_tag(etag)) return {};
  return with_mark(wire::opaque_of(etag), wire::is_weak(etag) ? 'w' : 'm');
}

std::string PageTags::mark_date(std::string_view last_modified) const {
  std::string opaque(last_modified);
  std::replace(opaque.begin(), opaque.end(), ' ', '_');
  const std::string etag = with_mark(opaque, 'd');
  return opaque.empty() || !wire::is_entity_tag(etag) ? std::string() : etag;
}

std::optional<PageTags::Original> PageTags::original(std::string_view etag) const {
  if (!wire::is_entity_tag(etag)) return std::nullopt;
  std::string_view opaque = wire::without_coding(wire::opaque_of(etag));
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

}  // namespace martd::pages
