#include "wire/via.h"

#include <algorithm>

#include "base/ascii.h"

namespace martd::wire {
namespace {

constexpr std::string_view kName = "martd";

/// `received-by` of an element `[HTTP/]1.1 received-by[:port] [(comment)]`.
std::string_view receiver(std::string_view element) {
  element.remove_prefix(std::min(element.find_first_of(" \t"), element.size()));
  element.remove_prefix(std::min(element.find_first_not_of(" \t"), element.size()));
  return element.substr(0, element.find_first_of(" \t(:"));
}

/// One that gives itself a name of each run, or an older one that doesn't.
bool is_martd(std::string_view name) {
  return iequals(name.substr(0, kName.size()), kName) && (name.size() == kName.size() || name[kName.size()] == '-');
}

}  // namespace

std::string via_name(std::uint32_t random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(kName);
  name += '-';
  for (int shift = 28; shift >= 0; shift -= 4) name += kDigits[(random >> shift) & 15U];
  return name;
}

bool goes_in_a_circle(std::span<const Field> fields, std::string_view name) {
  int martds = 0;
  for (const Field& field : fields) {
    if (!iequals(field.name, "via")) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const std::string_view by = receiver(next_element(list));
      if (!is_martd(by)) continue;
      if (iequals(by, name) || ++martds > kMostMartds) return true;
    }
  }
  return false;
}

}  // namespace martd::wire
