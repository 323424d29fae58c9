#include "wire/channel_list.h"

#include <unordered_set>

#include "base/ascii.h"
#include "base/percent.h"
#include "push/attributes.h"
#include "wire/query.h"

namespace martd::wire {

Result<std::vector<std::string>> parse_channel_list(std::string_view text, std::size_t most, Surplus surplus) {
  std::vector<std::string> names;
  // A head has room for tens of thousands, and each of them may be the last of a thousand.
  std::unordered_set<std::string> seen;
  while (!text.empty()) {
    const std::string_view encoded = next_element(text);
    if (encoded.empty()) continue;
    auto name = decode_form(encoded);
    if (!name || !push::valid_channel_name(*name))
      return bad_request("not the name of a channel: " + shown(encoded) +
                         " (taken: names, percent-encoded, at commas)");
    if (auto refusal = refuse_channel_name(*name)) return *std::move(refusal);
    if (!seen.insert(*name).second) continue;
    if (names.size() == most && surplus == Surplus::left_out) break;
    if (names.size() == most) return bad_request("more than " + std::to_string(most) + " channels");
    names.push_back(*std::move(name));
  }
  return names;
}

std::string format_positions(std::span<const std::string> channels, std::span<const push::Etag> etags) {
  std::string text;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (i > 0) text += '&';
    text += encode_component(channels[i]);
    text += '=';
    push::append(text, etags[i]);
  }
  return text;
}

std::string_view cut_positions(std::string_view stand, std::size_t most) {
  if (stand.size() <= most) return stand;
  const auto end = stand.rfind('&', most);
  return stand.substr(0, end == stand.npos ? 0 : end);
}

}  // namespace martd::wire
