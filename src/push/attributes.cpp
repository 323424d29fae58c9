#include "push/attributes.h"

#include "push/utf8.h"

namespace martd::push {
bool valid_channel_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '.' || name.starts_with("martd.")) return false;
  if (name == "cid" || name == "lastEventId" || name == "last_event_id") return false;
  return is_utf8(name) && !has_control(name);
}

bool same_secret(std::string_view given, std::string_view kept) {
  if (kept.empty()) return given.empty();
  volatile unsigned char difference = given.size() == kept.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference = difference | static_cast<unsigned char>(given[i] ^ kept[i % kept.size()]);
  return difference == 0;
}

}  // namespace martd::push
