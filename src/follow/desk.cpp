#include "follow/desk.h"

#include <iterator>
#include <utility>

#include "push/hub.h"

namespace martd::follow {

Desk::Desk(push::LoopId id, net::Loop& loop, push::Hub& hub, Counters& counters, const Settings& settings)
    : loop_(loop),
      hub_(hub),
      roster_(hub, id),
      attendance_(hub, id),
      waiters_(id),
      counters_(counters),
      settings_(&settings),
      random_(static_cast<std::minstd_rand::result_type>(loop.now().time_since_epoch().count() + id)) {
  hub_.attach(id, *this);
}

void Desk::ready(push::Channel& channel) {
  bool first = false;
  {
    const std::lock_guard lock(mailbox_mutex_);
    first = mailbox_.empty();
    mailbox_.push_back(&channel);
  }
  // One call a burst: it comes behind everything that is ready now, so what else is published in this turn joins it.
  if (first) loop_.post([this] { serve(); });
}

void Desk::serve() {
  {
    const std::lock_guard lock(mailbox_mutex_);
    serving_.swap(mailbox_);
  }
  turn_ = loop_.now();
  const auto deliveries = [this] {
    return counters_.poll_deliveries.value() + counters_.event_deliveries.value() + counters_.line_deliveries.value();
  };
  // A look at the clock costs something, too: one for the first write and one for some more. The turn's own time would
  // be no time at all: what is published on this loop is mostly written in the same turn.
  constexpr std::uint64_t kWritesALook = 8;
  Time written = turn_;
  std::uint64_t looked_at = 0;
  for (push::Channel* channel : serving_) {
    const std::uint64_t before = deliveries();
    roster_.serve(*channel, turn_);
    const std::uint64_t after = deliveries();
    if (after == before) continue;
    if (written == turn_ || after - looked_at >= kWritesALook) {
      written = loop_.read_clock();
      looked_at = after;
    }
    for (const Time at : roster_.served()) counters_.publish_to_write.add(written - at);
  }
  serving_.clear();
}

void Desk::answered(std::vector<push::Answered> answers) {
  bool first = false;
  {
    const std::lock_guard lock(answers_mutex_);
    first = answers_.empty();
    if (first) {
      answers_.swap(answers);
    } else {
      std::move(answers.begin(), answers.end(), std::back_inserter(answers_));
    }
  }
  if (first) loop_.post([this] { this->answer(); });
}

void Desk::answer() {
  std::vector<push::Answered> answers;
  {
    const std::lock_guard lock(answers_mutex_);
    answers.swap(answers_);
  }
  for (const push::Answered& answered : answers) waiters_.settle(answered, loop_.now());
}

Duration Desk::random(Duration least, Duration most) {
  // Not std::uniform_int_distribution: it draws several times for one number, and an even spread is all that counts.
  const double share = static_cast<double>(random_() - random_.min()) / static_cast<double>(random_.max());
  return least + Duration(static_cast<std::int64_t>(static_cast<double>((most - least).count()) * share));
}

std::size_t Desk::poll_limit() const {
  constexpr std::size_t kMuch = 64 << 20;
  return loop_.outbox_bytes() > kMuch ? std::size_t{64} << 10 : std::size_t{8} << 20;
}

void Desk::stop(Time now) {
  // Its call to serve may stand behind the one that stops us.
  serve();
  stopping_ = true;
  turn_ = now;
}

}  // namespace martd::follow
