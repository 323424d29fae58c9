#include "push/attributes.h"

#include "base/utf8.h"

namespace martd::push {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Whether `name` is `word` (in lower case), but for its case, and `-` and `_` anywhere.
bool spells(std::string_view name, std::string_view word) {
  std::size_t at = 0;
  for (const char c : name) {
    if (c == '-' || c == '_') continue;
    if (at == word.size() || lower(c) != word[at]) return false;
    ++at;
  }
  return at == word.size();
}

}  // namespace

bool valid_channel_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '.' || name.starts_with("martd.")) return false;
  if (name == "cid" || name == "lastEventId" || name == "last_event_id") return false;
  return is_utf8(name) && !has_control(name);
}

std::string_view misspelt_name(std::string_view name) {
  if (name.size() >= 4 && lower(name[0]) == 'e' && spells(name.substr(0, 4), "evs") && name[3] == '_')
    name.remove_prefix(4);
  if (spells(name, "cid")) return "cid";
  if (spells(name, "lasteventid")) return "lastEventId";
  return spells(name, "") ? "_" : "";
}

bool same_secret(std::string_view given, std::string_view kept) {
  if (kept.empty()) return given.empty();
  volatile unsigned char difference = given.size() == kept.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference = difference | static_cast<unsigned char>(given[i] ^ kept[i % kept.size()]);
  return difference == 0;
}

}  // namespace martd::push
