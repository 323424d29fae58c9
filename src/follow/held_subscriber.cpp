#include "follow/held_subscriber.h"

#include <memory>
#include <string>

#include "push/ending.h"

namespace martd::follow {

HeldSubscriber::HeldSubscriber(Outlet& outlet, std::string_view cid) : outlet_(outlet) {
  if (!cid.empty()) cid_ = std::make_unique<const std::string>(cid);
}

void HeldSubscriber::begin_hold(Time now) {
  since_ = static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
}

Time HeldSubscriber::since() const { return Time(std::chrono::seconds{since_}); }

void HeldSubscriber::describe(push::SubscriberInfo& info) const {
  info.address = wire::text_of(outlet_.client());
  info.waiting = outlet_.queued();
  info.transport = transport();
  info.since = since();
}

void HeldSubscriber::note(push::Ending ending, std::string_view channel, std::size_t channels) const {
  if (ending == push::Ending::waited || ending == push::Ending::stopping) return;
  EndingNote note;
  note.at = desk().loop().now();
  note.ending = ending;
  note.address = wire::text_of(outlet_.client());
  note.cid = cid();
  note.transport = transport();
  note.since = since();
  note.channel = channel;
  note.channels = channels;
  if (seats() > 0) {
    if (channel.empty()) note.channel = this->channel(0);
    note.channels = seats();
  }
  desk().ending_log().add(std::move(note));
}

}  // namespace martd::follow
