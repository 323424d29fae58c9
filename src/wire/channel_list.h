#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/refusal.h"
#include "push/etag.h"

namespace martd::wire {

/// What becomes of more names than are taken.
enum class Surplus : std::uint8_t {
  refused,
  left_out,  ///< unread
};

/// `a, b`: names of channels, percent-encoded, at commas; what `Martd-Channels` and `--snapshot` hold. One that is
/// named twice counts once. Refuses a name that isn't one.
Result<std::vector<std::string>> parse_channel_list(std::string_view text, std::size_t most,
                                                    Surplus surplus = Surplus::refused);

/// `a=<etag>&b=<etag>`: where the channels stood, in the form of a query of /sub. As many etags as channels.
std::string format_positions(std::span<const std::string> channels, std::span<const push::Etag> etags);

/// As many of its channels, from the first on, as fit into `most` bytes.
std::string_view cut_positions(std::string_view stand, std::size_t most);

}  // namespace martd::wire
