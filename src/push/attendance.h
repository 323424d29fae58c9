#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "push/channel.h"
#include "push/subscriber.h"

namespace martd::push {

class Hub;

/// Who follows what on one loop, as operators see it. All calls come on that loop's thread.
class Attendance {
 public:
  /// `hub` must outlive it.
  Attendance(Hub& hub, LoopId loop) : hub_(hub), loop_(loop) {}

  /// Adds who sits in a channel on this loop, `most` at most.
  void followers(std::string_view channel, std::size_t most, Time now, std::vector<SubscriberInfo>& out) const;
  /// One subscriber, with its first channel; returns nullopt if it has no seat.
  std::optional<SubscriberInfo> describe(const Subscriber& subscriber, Time now) const;

 private:
  static SubscriberInfo info(const Subscriber& subscriber, const Seat& seat, std::string_view channel, Etag newest);

  Hub& hub_;
  LoopId loop_;
};

}  // namespace martd::push
