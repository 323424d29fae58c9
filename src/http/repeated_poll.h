#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/refusal.h"
#include "http/judgement.h"
#include "http/known_heads.h"
#include "wire/request.h"
#include "wire/subscribe_request.h"

namespace martd::http {

/// The short way of a client that polls again and again: of a request whose header lines are byte for byte those of the
/// long-poll before it, only the request line is read. It answers nothing that the long way (RequestReader, judge(),
/// Responder) would answer otherwise, and everything works without it. One for each connection, on its loop.
class RepeatedPoll {
 public:
  /// The next request, which was read. Views into its bytes.
  struct Again {
    Again(std::size_t length, const wire::Target& target, const wire::SubscribeLimits& limits)
        : bytes(length),
          path(target.path),
          wanted(wire::parse_subscribe_request(target.query, {}, {}, limits)) {}  // made in place: it is large

    std::size_t bytes;  ///< the length of the request
    std::string_view path;
    Result<wire::SubscribeRequest> wanted;  ///< has a value, of a long-poll
  };

  /// Whether there was such a poll before.
  bool known() const { return lines_ != nullptr; }
  /// A request at the front of `bytes`, where it is known(). Nothing where anything about it is out of the ordinary, or
  /// it isn't there as a whole: then it is to be read like any other.
  std::optional<Again> read(std::string_view bytes, const Situation& situation) const;
  /// A long-poll was served, whose head is `bytes`. Remembers it where its lines have nothing that changes what is
  /// asked; `heads` is the loop's, for all its connections.
  void remember(const wire::Request& request, std::string_view bytes, KnownHeads& heads);

 private:
  KnownHeadPtr lines_;
};

}  // namespace martd::http
