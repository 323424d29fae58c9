#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/refusal.h"
#include "base/time.h"
#include "push/attributes.h"
#include "push/conditions.h"

namespace martd::wire {

/// What the server allows; a default above a limit is lowered to it.
struct PublishLimits {
  std::uint32_t max_size = 10000;
  Duration max_life = std::chrono::hours{24 * 30};
  std::size_t max_channels = 1000;  ///< in one request
};

/// The query of /pub as values, checked; the body is the payload and not looked at here.
struct PublishRequest {
  push::ChannelNames channels;     ///< at least one, no name twice, valid names
  push::Attributes attributes;     ///< with `key` as the request brought it, or empty
  std::optional<Duration> expire;  ///< this message's own life
  std::string event;
  std::string id;
};

/// Reads `query` (what follows `?`, still encoded). Every parameter once, with its plain or its dotted name
/// (`size`, `.size`), never both; `channel` as often as there are channels. An empty value is as if left out, but for
/// `channel`, which must name one. Refuses with 400 and the parameter's name, an unknown parameter with the nearest
/// known one named. Ranges: contract section 2 and 4.
Result<PublishRequest> parse_publish_request(std::string_view query, const PublishLimits& limits);

/// What the lists of an If-Match and an If-None-Match (RFC 9110 section 13.1) ask of a push to so many channels; null
/// where both are empty. Entity tags that are no etags of ours match nothing, and a weak one doesn't in If-Match; bare
/// etags are taken, too, and what a front put behind one is taken off. 400 for what is no list of entity tags, and for
/// a condition that is for one channel only.
Result<std::unique_ptr<push::PushConditions>> parse_conditions(std::string_view if_match,
                                                               std::string_view if_none_match, std::size_t channels);

}  // namespace martd::wire
