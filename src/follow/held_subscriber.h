#pragma once

#include <cstdint>
#include <string_view>

#include "follow/held.h"
#include "http/session.h"
#include "push/ending.h"
#include "push/subscriber.h"

namespace martd::follow {

/// What all held subscribers have in common for operators: who it is, since when, and how it ended.
class HeldSubscriber : public Held, public push::Subscriber {
 public:
  const push::Subscriber* subscriber() const override { return this; }
  /// As metrics and lists name it.
  virtual std::string_view transport() const = 0;

 protected:
  void begin_hold(Time now);
  Time since() const;
  void tell_of(const http::Session& session, push::SubscriberInfo& info) const;
  /// For the operators' list of endings. Before it leaves its channels, or with the one that it was about.
  void note(http::Session& session, push::Ending ending, std::string_view channel, std::size_t channels) const;

 private:
  std::uint32_t since_ = 0;  ///< seconds since 1970: there is room for it beside the flags, and none is needed for more
};

}  // namespace martd::follow
