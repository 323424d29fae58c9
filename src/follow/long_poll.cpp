#include "follow/long_poll.h"

#include <algorithm>
#include <utility>

#include "follow/poll_forms.h"
#include "push/ending.h"
#include "wire/poll_body.h"

namespace martd::follow {

using push::Batch;
using push::Delivery;
using push::Ending;
using push::Etag;
using push::Missed;

namespace {

/// Fronts and clients have a limit for all header lines (nginx 4 or 8 KiB, Node 16): a longer cursor is left out. The
/// body has the etag of each channel that has moved.
constexpr std::size_t kLongestTag = 4096;

/// A client that asks again as soon as it is refused, or replaced, is slowed down to this. Two polls of one client
/// replaced each other six thousand times a second once.
constexpr Duration kPutOff = std::chrono::seconds{1};

void append_part(std::string& body, std::string_view channel, Etag cursor, Missed missed,
                 std::span<const push::Message> messages) {
  if (body.size() > wire::kPollBodyBegin.size()) body += ',';
  wire::append_poll_channel(body, channel, cursor, missed, messages);
}

std::string joined(std::span<const Etag> cursors) {
  std::string text;
  wire::append_cursor(text, cursors.data(), cursors.data() + cursors.size());
  return text;
}

/// Of those that are told by an error; who was replaced is answered as after its wait.
int status_of(Ending ending) {
  switch (ending) {
    case Ending::one2one:
      return 409;
    case Ending::kicked:
      return 403;
    default:
      return 503;
  }
}

}  // namespace

void answer_refused(Outlet& outlet, Ending ending, std::string_view channel, Time now) {
  std::string text = "channel " + std::string(channel) + ": ";
  switch (ending) {
    case Ending::one2one:
      text += "it is one2one, and another client has it";
      break;
    case Ending::unavailable:
      text += "no memory left to follow it (--max-memory)";
      break;
    case Ending::kicked:
      text += "an operator has closed this subscription";
      break;
    default:
      text += row(ending).name;
      break;
  }
  const int status = status_of(ending);
  outlet.refuse(status, text, now, status == 503 ? "Retry-After: 2\r\n" : "", channel);
  outlet.done();
}

LongPoll::LongPoll(Outlet& outlet, const wire::SubscribeRequest& asked)
    : HeldSubscriber(outlet, asked.cid), wait_(asked.wait), conditional_(asked.if_none_match) {}

void LongPoll::begin(const wire::SubscribeRequest& asked, Time now) {
  Desk& desk = this->desk();
  begin_hold(now);
  boost::container::small_vector<push::Want, 4> wants;
  wants.reserve(asked.wants.size());
  for (std::size_t i = 0; i < asked.wants.size(); ++i) {
    wants.push_back({asked.wants[i].channel, asked.wants[i].cursor});
    if (asked.wants[i].cursor.kind != push::Cursor::Kind::now) continue;
    if (!wants_now_) wants_now_ = std::make_unique<std::vector<bool>>(asked.wants.size());
    (*wants_now_)[i] = true;
  }
  const bool hold = wait_ > Duration{0};
  auto result = desk.roster().look_and_park(*this, wants, hold, desk.poll_limit(), now);
  desk.counters().polls_held.add();
  if (auto* refused = std::get_if<push::SeatRefusal>(&result)) return refuse(*refused, now);
  auto& look = std::get<push::Roster::Look>(result);
  if (look.parked) {
    // Clients that were parked together don't come back together.
    outlet_.set_deadline(now + desk.random(wait_ - wait_ / 5, wait_));
    return;
  }
  std::vector<Etag> cursors;
  std::string body(wire::kPollBodyBegin);
  const bool news =
      std::any_of(look.resumes.begin(), look.resumes.end(), [](const auto& resume) { return resume.news(); });
  for (std::size_t i = 0; i < look.resumes.size(); ++i) {
    const push::Resume& resume = look.resumes[i];
    cursors.push_back(resume.cursor);
    const Missed missed = resume.missed();
    if (missed) desk.counters().missed.add();
    if (!news || resume.news() || (wants_now_ && (*wants_now_)[i]))
      append_part(body, asked.wants[i].channel, resume.cursor, missed, resume.messages);
  }
  body += wire::kPollBodyEnd;
  finish(Ending::waited);
  if (!news) return write_empty(joined(cursors), body, now);
  desk.counters().poll_deliveries.add();
  write({}, joined(cursors), body, now);
}

void LongPoll::write(wire::Answer answer, std::string_view etags, std::string_view body, Time now) {
  std::string headers;
  if (!etags.empty() && etags.size() <= kLongestTag) {
    headers = "ETag: \"";
    headers += etags;
    headers += "\"\r\n";
    answer.headers = headers;
  }
  outlet_.answer(answer, body, now);
  outlet_.done();
}

void LongPoll::write_empty(std::string_view etags, std::string_view body, Time now) {
  wire::Answer answer;
  // Who asked for `now` and got no cursor back would ask for `now` again, and lose what came between.
  if (conditional_ && !(wants_now_ && etags.size() > kLongestTag)) {
    answer.status = 304;
    answer.no_body = true;
  }
  write(answer, etags, body, now);
}

void LongPoll::refuse(const push::SeatRefusal& refused, Time now) {
  if (refused.ending != Ending::one2one) {
    finish(refused.ending, refused.channel, 1);
    return answer_refused(outlet_, refused.ending, refused.channel, now);
  }
  put_off_ = std::make_unique<PutOff>(PutOff{Ending::one2one, refused.channel, {}});
  outlet_.set_deadline(now + kPutOff);
}

void LongPoll::finish(Ending ending, std::string_view channel, std::size_t channels) {
  if (std::exchange(holding_, false)) count(ending, channel, channels);
}

void LongPoll::count(Ending ending, std::string_view channel, std::size_t channels) {
  note(ending, channel, channels);
  Counters& counters = desk().counters();
  counters.polls_held.sub();
  counters.endings[static_cast<std::size_t>(ending)].add();
}

Delivery LongPoll::deliver(const Batch& batch, std::uint32_t slot) {
  if (!holding()) return Delivery::done;
  Desk& desk = this->desk();
  desk.counters().poll_deliveries.add();
  finish(Ending::waited);
  if (seats() == 1 && outlet_.plain()) {
    if (outlet_.offer(batch.frames(poll_answer()).front(), SIZE_MAX) == Outlet::Sent::closed)
      outlet_.broken();
    else
      outlet_.done();
    return Delivery::done;
  }
  std::string body(wire::kPollBodyBegin);
  std::vector<Etag> cursors;
  for (std::uint32_t other = 0; other < seats(); ++other) {
    const bool own = other == slot;
    cursors.push_back(own ? batch.last() : cursor(other));
    if (own) {
      if (body.size() > wire::kPollBodyBegin.size()) body += ',';
      body += batch.frames(poll_part()).front()->bytes;
    } else if (wants_now_ && (*wants_now_)[other]) {
      append_part(body, channel(other), cursors.back(), Missed::none(), {});
    }
  }
  body += wire::kPollBodyEnd;
  write({}, joined(cursors), body, desk.turn());
  return Delivery::done;
}

void LongPoll::catch_up(Time now) {
  if (!holding()) return;
  Desk& desk = this->desk();
  std::string body(wire::kPollBodyBegin);
  std::vector<Etag> cursors;
  bool news = false;
  for (std::uint32_t slot = 0; slot < seats(); ++slot) {
    const push::Resume resume = desk.roster().resume(*this, slot, desk.poll_limit(), now);
    cursors.push_back(resume.cursor);
    news |= resume.news();
    if (resume.missed()) desk.counters().missed.add();
    if (resume.news() || (wants_now_ && (*wants_now_)[slot]))
      append_part(body, channel(slot), resume.cursor, resume.missed(), resume.messages);
  }
  if (!news) return;  // it waits on
  body += wire::kPollBodyEnd;
  desk.roster().leave(*this, now);
  desk.counters().poll_deliveries.add();
  finish(Ending::waited);
  write({}, joined(cursors), body, now);
}

void LongPoll::answer_left(const push::Left& left, Time now) {
  std::string body(wire::kPollBodyBegin);
  for (std::size_t i = 0; i < left.channels.size(); ++i)
    append_part(body, left.channels[i], left.cursors[i], Missed::none(), {});
  body += wire::kPollBodyEnd;
  write_empty(joined(left.cursors), body, now);
}

void LongPoll::on_deadline(Time now) {
  if (!holding()) return;
  if (put_off_) return answer_put_off(now);
  push::Left left;
  desk().roster().leave(*this, now, &left);
  finish(Ending::waited);
  answer_left(left, now);
}

void LongPoll::answer_put_off(Time now) {
  const std::unique_ptr<PutOff> told = std::move(put_off_);
  if (told->ending == Ending::replaced) {
    holding_ = false;
    return answer_left(told->left, now);
  }
  finish(told->ending, told->channel, 1);
  answer_refused(outlet_, told->ending, told->channel, now);
}

void LongPoll::stop(Time now) {
  if (put_off_) return answer_put_off(now);
  push::Left left;
  desk().roster().leave(*this, now, &left);
  finish(Ending::stopping);
  answer_left(left, now);
}

void LongPoll::end(Ending ending, std::string_view channel, const push::Left& left) {
  if (!holding()) return;
  const Time now = desk().loop().now();
  if (ending == Ending::replaced) {
    // The same client waits on another connection. This one is answered as after its wait, and not at once: where that
    // is the other poll of a client that asks for ever, each would replace the other as fast as they can.
    count(ending, channel, left.channels.size());
    put_off_ = std::make_unique<PutOff>(PutOff{ending, std::string(channel), left});
    return outlet_.set_deadline(now + kPutOff);
  }
  finish(ending, channel, left.channels.size());
  answer_refused(outlet_, ending, channel, now);
}

void LongPoll::hung_up(Time now) {
  if (!holding()) return;
  if (put_off_ && put_off_->ending == Ending::replaced) {
    holding_ = false;
    return;
  }
  finish(Ending::hung_up, put_off_ ? std::string_view(put_off_->channel) : std::string_view(), 1);
  if (!put_off_) desk().roster().leave(*this, now);
}

}  // namespace martd::follow
