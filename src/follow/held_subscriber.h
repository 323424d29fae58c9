#pragma once

#include <cstdint>
#include <string_view>

#include "follow/desk.h"
#include "follow/holder.h"
#include "follow/outlet.h"
#include "push/ending_fwd.h"
#include "push/subscriber.h"
#include "wire/subscribe_request.h"

namespace martd::follow {

/// What all who follow channels by a request of their own have in common: how they begin, and for operators who it is,
/// since when, and how it ended.
class HeldSubscriber : public Holder, public push::Subscriber {
 private:
  // First of all: there is room for it beside the base's flag, and there are many of these.
  std::uint32_t since_ = 0;  ///< seconds since 1970

 public:
  /// It looks and sits down, or answers at once and isn't holding() any more. Once, when its outlet has it. `asked`
  /// isn't needed longer.
  virtual void begin(const wire::SubscribeRequest& asked, Time now) = 0;

  const push::Subscriber* subscriber() const override { return this; }
  void describe(push::SubscriberInfo& info) const override;
  /// As metrics and lists name it.
  virtual std::string_view transport() const = 0;

 protected:
  /// `outlet` owns it.
  HeldSubscriber(Outlet& outlet, std::string_view cid);

  Desk& desk() const { return outlet_.desk(); }
  void begin_hold(Time now);
  Time since() const;
  /// For the operators' list of endings. Before it leaves its channels, or with the one that it was about.
  void note(push::Ending ending, std::string_view channel, std::size_t channels) const;

  Outlet& outlet_;
};

}  // namespace martd::follow
