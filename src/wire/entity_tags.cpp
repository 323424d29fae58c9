#include "wire/entity_tags.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace martd::wire {

std::string_view next_entity_tag(std::string_view& list) {
  const auto begin = list.find_first_not_of(" \t,");
  if (begin == list.npos) {
    list = {};
    return {};
  }
  list.remove_prefix(begin);
  std::size_t end = list.find(',');
  const std::size_t quote = is_weak(list) ? 2 : 0;
  if (list.substr(quote).starts_with('"'))
    if (const auto closing = list.find('"', quote + 1); closing != list.npos) end = list.find(',', closing);
  const std::string_view tag = list.substr(0, end);
  list.remove_prefix(tag.size());
  return trim(tag);
}

bool is_entity_tag(std::string_view text) {
  if (is_weak(text)) text.remove_prefix(2);
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' &&
         std::all_of(text.begin() + 1, text.end() - 1, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != '"' && byte != 0x7F;
         });
}

std::string_view opaque_of(std::string_view tag) {
  if (tag.starts_with("W/\"")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') return tag.substr(1, tag.size() - 2);
  return tag;
}

std::string_view without_coding(std::string_view opaque) {
  static constexpr std::array<std::string_view, 4> kCodings{"gzip", "br", "zstd", "deflate"};
  for (const std::string_view coding : kCodings) {
    if (!opaque.ends_with(coding)) continue;
    const std::string_view rest = opaque.substr(0, opaque.size() - coding.size());
    if (rest.ends_with('-') || rest.ends_with(';')) return rest.substr(0, rest.size() - 1);
  }
  return opaque;
}

bool names_tag(std::string_view list, std::string_view tag) {
  const std::string_view wanted = opaque_of(tag);
  for (std::string_view item; !(item = next_entity_tag(list)).empty();) {
    const std::string_view opaque = opaque_of(item);
    if (item == "*" || opaque == wanted || without_coding(opaque) == wanted) return true;
  }
  return false;
}

}  // namespace martd::wire
