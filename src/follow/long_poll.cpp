#include "follow/long_poll.h"

#include <algorithm>
#include <utility>

#include "follow/forms.h"
#include "http/worker.h"
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

}  // namespace

void append_refused(std::string& out, Ending ending, std::string_view channel, const http::AnswerContext& context,
                    Time now) {
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
  const int status = row(ending).poll_status;
  http::append_error(out, status, text, context, now, status == 503 ? "Retry-After: 2\r\n" : "", channel);
}

LongPoll::LongPoll(http::Session& session, const wire::SubscribeRequest& asked, const http::AnswerContext& context)
    : session_(session),
      wait_(asked.wait),
      conditional_(asked.if_none_match),
      close_(context.close),
      http_1_0_(context.http_1_0) {
  if (!context.cors.empty()) cors_ = std::make_unique<std::string>(context.cors);
  if (!asked.cid.empty()) cid_ = std::make_unique<const std::string>(asked.cid);
}

http::AnswerContext LongPoll::context() const {
  http::AnswerContext context;
  context.close = close_ || session_.worker().stopping();
  context.http_1_0 = http_1_0_;
  if (cors_) context.cors = *cors_;
  context.hsts = session_.hsts();
  return context;
}

void LongPoll::begin(const wire::SubscribeRequest& asked, Time now, std::string& reply) {
  http::Worker& worker = session_.worker();
  begin_hold(now);
  boost::container::small_vector<push::Roster::Want, 4> wants;
  wants.reserve(asked.wants.size());
  for (std::size_t i = 0; i < asked.wants.size(); ++i) {
    wants.push_back({asked.wants[i].channel, asked.wants[i].cursor});
    if (asked.wants[i].cursor.kind != push::Cursor::Kind::now) continue;
    if (!wants_now_) wants_now_ = std::make_unique<std::vector<bool>>(asked.wants.size());
    (*wants_now_)[i] = true;
  }
  const bool hold = wait_ > Duration{0};
  auto result = worker.roster().look_and_park(*this, wants, hold, worker.poll_limit(), now);
  worker.counters().polls_held.add();
  if (auto* refused = std::get_if<push::Roster::Refused>(&result)) return refuse(*refused, now, reply);
  auto& look = std::get<push::Roster::Look>(result);
  if (look.parked) {
    // Clients that were parked together don't come back together.
    session_.set_deadline(now + worker.random(wait_ - wait_ / 5, wait_));
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
    if (missed) worker.counters().missed.add();
    if (!news || resume.news() || (wants_now_ && (*wants_now_)[i]))
      append_part(body, asked.wants[i].channel, resume.cursor, missed, resume.messages);
  }
  body += wire::kPollBodyEnd;
  if (news) {
    worker.counters().poll_deliveries.add();
    write({}, joined(cursors), body, now, reply);
  } else {
    write_empty(joined(cursors), body, now, reply);
  }
  done(Ending::waited);
}

void LongPoll::write(const http::Answer& answer, std::string_view etags, std::string_view body, Time now,
                     std::string& reply) const {
  http::Answer whole = answer;
  std::string headers;
  if (!etags.empty() && etags.size() <= kLongestTag) {
    headers = "ETag: \"";
    headers += etags;
    headers += "\"\r\n";
    whole.headers = headers;
  }
  http::append_answer(reply, whole, body, context(), now);
}

void LongPoll::write_empty(std::string_view etags, std::string_view body, Time now, std::string& reply) const {
  http::Answer answer;
  // Who asked for `now` and got no cursor back would ask for `now` again, and lose what came between.
  if (conditional_ && !(wants_now_ && etags.size() > kLongestTag)) {
    answer.status = 304;
    answer.no_body = true;
  }
  write(answer, etags, body, now, reply);
}

void LongPoll::refuse(const push::Roster::Refused& refused, Time now, std::string& reply) {
  http::Worker& worker = session_.worker();
  worker.counters().refusals.add();
  if (refused.ending != Ending::one2one) {
    append_refused(reply, refused.ending, refused.channel, context(), now);
    return done(refused.ending, refused.channel, 1);
  }
  put_off_ = std::make_unique<PutOff>(PutOff{Ending::one2one, refused.channel, {}});
  session_.set_deadline(now + kPutOff);
}

void LongPoll::done(Ending ending, std::string_view channel, std::size_t channels) {
  if (std::exchange(holding_, false)) over(ending, channel, channels);
}

void LongPoll::over(Ending ending, std::string_view channel, std::size_t channels) {
  note(session_, ending, channel, channels);
  http::Counters& counters = session_.worker().counters();
  counters.polls_held.sub();
  counters.endings[static_cast<std::size_t>(ending)].add();
}

void LongPoll::send(const std::string& reply) {
  if (session_.put(reply) == http::Session::Sent::gone) return session_.broken();
  session_.answered(close_);
}

Delivery LongPoll::deliver(const Batch& batch, std::uint32_t slot) {
  if (!holding()) return Delivery::done;
  http::Worker& worker = session_.worker();
  worker.counters().poll_deliveries.add();
  done(Ending::waited);
  if (seats() == 1 && !cors_ && !close_ && !http_1_0_ && session_.hsts().empty()) {
    if (session_.offer(frames(batch, kPollAnswer).front(), SIZE_MAX) == http::Session::Sent::gone) {
      session_.broken();
    } else {
      session_.answered(false);
    }
    return Delivery::done;
  }
  std::string body(wire::kPollBodyBegin);
  std::vector<Etag> cursors;
  for (std::uint32_t other = 0; other < seats(); ++other) {
    const bool own = other == slot;
    cursors.push_back(own ? batch.last() : push::Roster::cursor(*this, other));
    if (own) {
      if (body.size() > wire::kPollBodyBegin.size()) body += ',';
      body += frames(batch, kPollPart).front()->bytes;
    } else if (wants_now_ && (*wants_now_)[other]) {
      append_part(body, push::Roster::channel(*this, other), cursors.back(), Missed::none(), {});
    }
  }
  body += wire::kPollBodyEnd;
  std::string reply;
  write({}, joined(cursors), body, worker.turn(), reply);
  send(reply);
  return Delivery::done;
}

void LongPoll::lagged() {
  session_.later([](http::Session& session) { session.catch_up(); });
}

void LongPoll::catch_up(Time now) {
  if (!holding()) return;
  http::Worker& worker = session_.worker();
  std::string body(wire::kPollBodyBegin);
  std::vector<Etag> cursors;
  bool news = false;
  for (std::uint32_t slot = 0; slot < seats(); ++slot) {
    const push::Resume resume = worker.roster().resume(*this, slot, worker.poll_limit(), now);
    cursors.push_back(resume.cursor);
    news |= resume.news();
    if (resume.missed()) worker.counters().missed.add();
    if (resume.news() || (wants_now_ && (*wants_now_)[slot]))
      append_part(body, push::Roster::channel(*this, slot), resume.cursor, resume.missed(), resume.messages);
  }
  push::Roster::caught_up(*this);
  if (!news) return;  // it waits on
  body += wire::kPollBodyEnd;
  worker.roster().leave(*this, now);
  worker.counters().poll_deliveries.add();
  done(Ending::waited);
  std::string reply;
  write({}, joined(cursors), body, now, reply);
  send(reply);
}

void LongPoll::answer_empty(const push::Left& left, Time now) {
  std::string body(wire::kPollBodyBegin);
  for (std::size_t i = 0; i < left.channels.size(); ++i)
    append_part(body, left.channels[i], left.cursors[i], Missed::none(), {});
  body += wire::kPollBodyEnd;
  std::string reply;
  write_empty(joined(left.cursors), body, now, reply);
  send(reply);
}

void LongPoll::on_deadline(Time now) {
  if (!holding()) return;
  if (put_off_) return answer_put_off(now);
  push::Left left;
  session_.worker().roster().leave(*this, now, &left);
  done(Ending::waited);
  answer_empty(left, now);
}

void LongPoll::answer_put_off(Time now) {
  const std::unique_ptr<PutOff> told = std::move(put_off_);
  if (told->ending == Ending::replaced) {
    holding_ = false;
    return answer_empty(told->left, now);
  }
  done(told->ending, told->channel, 1);
  std::string reply;
  append_refused(reply, told->ending, told->channel, context(), now);
  send(reply);
}

void LongPoll::stop(Time now) {
  close_ = true;
  if (put_off_) return answer_put_off(now);
  push::Left left;
  session_.worker().roster().leave(*this, now, &left);
  done(Ending::stopping);
  answer_empty(left, now);
}

void LongPoll::end(Ending ending, std::string_view channel, const push::Left& left) {
  if (!holding()) return;
  const Time now = session_.worker().loop().now();
  if (ending == Ending::replaced) {
    // The same client waits on another connection. This one is answered as after its wait, and not at once: where that
    // is the other poll of a client that asks for ever, each would replace the other as fast as they can.
    over(ending, channel, left.channels.size());
    put_off_ = std::make_unique<PutOff>(PutOff{ending, std::string(channel), left});
    return session_.set_deadline(now + kPutOff);
  }
  done(ending, channel, left.channels.size());
  std::string reply;
  append_refused(reply, ending, channel, context(), now);
  session_.worker().counters().refusals.add();
  send(reply);
}

void LongPoll::hung_up(Time now) {
  if (!holding()) return;
  if (put_off_ && put_off_->ending == Ending::replaced) {
    holding_ = false;
    return;
  }
  done(Ending::hung_up, put_off_ ? std::string_view(put_off_->channel) : std::string_view(), 1);
  if (!put_off_) session_.worker().roster().leave(*this, now);
}

}  // namespace martd::follow
