#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "push/batch.h"

namespace martd::follow {

/// The ways in which a batch of one channel is written, so that all subscribers of a loop who want the same bytes share
/// them.
enum Form : std::size_t {
  kPollAnswer,  ///< a whole answer, head and body, for a long-poll of this channel alone on a kept connection
  kPollPart,    ///< its channel's part of a long-poll's body
  // Of streams whose answer is in chunks: each frame is one, its size and its end with it.
  kEvents,      ///< events with `id:`, for a stream of this channel alone
  kJsonEvents,  ///< the same with `.format=json`
  kLines,       ///< lines of the line stream, the same for a stream of several channels
  // Of streams in HTTP/1.0, which has no chunks.
  kPlainEvents,
  kPlainJsonEvents,
  kPlainLines,
  kNamedEventRests,  ///< what follows `id:` in a stream of several channels: a frame for each visible message, no chunk
  kJsonEventRests,   ///< the same with `.format=json`
};

/// Streams' frames are cut between messages where they pass this many bytes. None is empty.
inline constexpr std::size_t kFrameBytes = 64 * 1024;

const std::vector<FramePtr>& frames(const push::Batch& batch, Form form);

}  // namespace martd::follow
