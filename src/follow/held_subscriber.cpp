#include "follow/held_subscriber.h"

#include "http/session.h"
#include "http/worker.h"

namespace martd::follow {

void HeldSubscriber::begin_hold(Time now) {
  since_ = static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
}

Time HeldSubscriber::since() const { return Time(std::chrono::seconds{since_}); }

void HeldSubscriber::tell_of(const http::Session& session, push::SubscriberInfo& info) const {
  info.address = wire::text_of(session.client());
  info.waiting = session.queued();
  info.transport = transport();
  info.since = since();
}

void HeldSubscriber::note(http::Session& session, push::Ending ending, std::string_view channel,
                          std::size_t channels) const {
  if (ending == push::Ending::waited || ending == push::Ending::stopping) return;
  EndingNote note;
  note.at = session.worker().loop().now();
  note.ending = ending;
  note.address = wire::text_of(session.client());
  note.cid = cid();
  note.transport = transport();
  note.since = since();
  note.channel = channel;
  note.channels = channels;
  if (seats() > 0) {
    if (channel.empty()) note.channel = push::Roster::channel(*this, 0);
    note.channels = seats();
  }
  session.worker().ending_log().add(std::move(note));
}

}  // namespace martd::follow
