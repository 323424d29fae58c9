#pragma once

#include <cstdint>
#include <string_view>

#include "push/ending_fwd.h"

namespace martd::push {

/// Every way in which a subscription ends from the server's side. How a client is told is a matter of how it follows.
enum class Ending : std::uint8_t {
  waited,       ///< a long-poll's wait is over
  stopping,     ///< the server stops
  one2one,      ///< another client holds the channel, or came first when it was set to one2one
  replaced,     ///< the same client came again on a newer connection
  unavailable,  ///< can't be served now: over a limit of the server's
  kicked,       ///< an operator closed it
  hung_up,      ///< the peer went away; nobody is left to tell
};
inline constexpr std::size_t kEndings = 7;
static_assert(kEndings <= kRoomForEndings);

enum class Return : std::uint8_t {
  at_once,    ///< the client is expected to come back with its cursor
  later,      ///< after a pause that it is told
  on_change,  ///< not before something changes: until then it is refused
  never,      ///< another has taken over, or an operator wants it gone
};

/// One row of the table of endings.
struct EndingRow {
  Ending ending;
  std::string_view name;  ///< `reason` of `martd.closed` and of the line stream; label in metrics
  Return comes_back;
};

const EndingRow& row(Ending ending);

}  // namespace martd::push
