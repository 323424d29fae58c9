#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/figures.h"
#include "push/ending_note.h"
#include "push/subscriber_info.h"
#include "wire/address.h"

namespace martd::push {
class Hub;
}  // namespace martd::push

namespace martd::admin {

/// What was asked of all loops: what came, and which of them didn't answer in time.
template <class Row>
struct Gathered {
  std::vector<Row> rows;
  std::vector<std::size_t> silent;  ///< loops by number
};

/// How the server was set up.
struct Setup {
  std::vector<std::string> listening;  ///< of the public side, as URLs: `http://127.0.0.1:54321`
  std::string prefix;                  ///< of /sub and /pub, or empty
  std::size_t max_payload = 0;         ///< bytes of one message
  std::vector<std::pair<std::string, std::string>> configuration;  ///< options by name, without secrets
};

/// The rest of the server, as the admin listener sees it: abstract so that the listener is tested without one. All
/// calls come on the listener's threads, several at once.
class PublicSide {
 public:
  virtual Time now() = 0;
  /// Must not wait for an event loop.
  virtual Figures figures() = 0;
  virtual Setup setup() = 0;
  virtual push::Hub& hub() = 0;

  /// Who follows `channel`, or of all channels where it is nothing; `most` at most of each loop. Waits for the loops,
  /// `patience` at most.
  virtual Gathered<push::SubscriberInfo> subscribers(const std::optional<std::string>& channel, std::size_t most,
                                                     std::chrono::milliseconds patience) = 0;
  /// The last subscriptions that ended otherwise than by a message or after their wait. Waits likewise.
  virtual Gathered<push::EndingNote> endings(std::chrono::milliseconds patience) = 0;

  /// A connection inside the process to the public side, as if `peer` had connected to it; the caller owns the
  /// descriptor, which is non-blocking. `operates`: may push past keys. -1: no event loop takes one now.
  virtual int connect(const wire::Address& peer, bool operates) = 0;

 protected:
  virtual ~PublicSide() = default;
};

}  // namespace martd::admin
