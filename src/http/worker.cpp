#include "http/worker.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "forward/site_push.h"
#include "http/session.h"

namespace martd::http {

Worker::Worker(push::LoopId id, net::Loop& loop, push::Hub& hub, ConnectionCount& count,
               std::shared_ptr<const Settings> settings)
    : id_(id),
      loop_(loop),
      hub_(hub),
      roster_(hub, id),
      count_(count),
      owned_settings_(std::move(settings)),
      settings_(owned_settings_.get()),
      random_(static_cast<std::minstd_rand::result_type>(loop.now().time_since_epoch().count() + id)) {
  hub_.attach(id, *this);
}

Worker::~Worker() = default;

void Worker::take(int descriptor, const wire::Address& peer, const std::shared_ptr<const net::TlsContext>& tls,
                  bool operates) {
  // Beyond the limit a connection may still ask, to be told when to come back; but not without any limit.
  constexpr std::size_t kSurplus = 256;
  const std::size_t most = settings().max_connections;
  std::size_t open = count_.open.load(std::memory_order_relaxed);
  // More than one may have to go: two loops that took the last place at the same time have both got it.
  while (!stopping_ && !operates && open >= most && make_room()) open = count_.open.load(std::memory_order_relaxed);
  net::SslPtr ssl = tls ? tls->accept(descriptor) : nullptr;
  const bool full = !operates && open >= most;
  if (stopping_ || (full && open >= most + kSurplus) || (tls && !ssl)) {
    ::close(descriptor);
    return;
  }
  count_.open.fetch_add(1, std::memory_order_relaxed);
  auto* session = new Session(*this, descriptor, std::move(ssl), peer, full, operates);
  session->at_ = arriving_end_;
  *arriving_end_ = session;
  arriving_end_ = &session->next_;
  if (session->established()) arrived(*session);
  session_count_.fetch_add(1, std::memory_order_relaxed);
  counters_.connections_accepted.add();
  session->start();
}

void Worker::use(const Settings& settings) { settings_.store(&settings, std::memory_order_release); }

void Worker::keep(std::shared_ptr<const Settings> settings) {
  loop_.post([this, timeouts = settings->upstream_timeouts] {
    if (upstream_) upstream_->use(timeouts);
  });
  // What is under way goes by the old ones: they are let go of between two handlers.
  loop_.post([this, settings = std::move(settings)]() mutable { owned_settings_.swap(settings); });
}

forward::Pages& Worker::pages() {
  // The prefix is the same as long as the program runs.
  if (!pages_) pages_ = std::make_unique<forward::Pages>(settings().prefix);
  return *pages_;
}

bool Worker::make_room() {
  if (!arriving_) return false;
  arriving_->close();
  return true;
}

void Worker::take_off(Session& session) {
  *session.at_ = session.next_;
  if (session.next_) {
    session.next_->at_ = session.at_;
  } else if (session.arriving_) {
    arriving_end_ = session.at_;
  }
}

void Worker::arrived(Session& session) {
  take_off(session);
  session.arriving_ = false;
  session.next_ = sessions_;
  if (session.next_) session.next_->at_ = &session.next_;
  session.at_ = &sessions_;
  sessions_ = &session;
}

void Worker::gone(Session& session) {
  take_off(session);
  count_.open.fetch_sub(1, std::memory_order_relaxed);
  session_count_.fetch_sub(1, std::memory_order_relaxed);
  if (stopping_ && none() && stopped_) std::exchange(stopped_, nullptr)();
}

void Worker::ready(push::Channel& channel) {
  bool first = false;
  {
    const std::lock_guard lock(mailbox_mutex_);
    first = mailbox_.empty();
    mailbox_.push_back(&channel);
  }
  // One call a burst: it comes behind everything that is ready now, so what else is published in this turn joins it.
  if (first) loop_.post([this] { serve(); });
}

void Worker::note_failure(client::Failure failure, std::string_view why) {
  constexpr Duration kQuiet = std::chrono::seconds{1};
  counters_.proxy_failures[static_cast<std::size_t>(failure)].add();
  if (loop_.now() - failure_told_ < kQuiet) return;
  failure_told_ = loop_.now();
  spdlog::warn("upstream {}: {}{}{}", upstream_->site().url, client::row(failure).name, why.empty() ? "" : ": ", why);
}

void Worker::serve() {
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

void Worker::list_subscribers(std::size_t most, std::vector<push::SubscriberInfo>& out) {
  // Connections that are between two requests are passed over, but not without end.
  constexpr std::size_t kMostLooks = 20000;
  std::size_t looks = 0;
  for (const Session* session = sessions_; session && most > 0 && looks < kMostLooks;
       session = session->next_, ++looks) {
    const push::Subscriber* subscriber = session->held() ? session->held_->subscriber() : nullptr;
    if (!subscriber) continue;
    auto info = roster_.describe(*subscriber, loop_.now());
    if (!info) continue;
    out.push_back(*std::move(info));
    --most;
  }
}

push::AnswerTo Worker::await(follow::PushWaiter& waiter) {
  const std::uint64_t ticket = next_ticket_++;
  awaited_.emplace(ticket, &waiter);
  return {id_, ticket};
}

void Worker::leave_to_log(std::uint64_t ticket) {
  if (const auto found = awaited_.find(ticket); found != awaited_.end()) found->second = nullptr;
}

void Worker::answered(std::vector<push::Answered> answers) {
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

void Worker::answer() {
  std::vector<push::Answered> answers;
  {
    const std::lock_guard lock(answers_mutex_);
    answers.swap(answers_);
  }
  for (const auto& [ticket, answer] : answers) {
    // Whose publisher hung up meanwhile: it stands all the same.
    const auto found = awaited_.find(ticket);
    if (found == awaited_.end()) continue;
    follow::PushWaiter* waiter = found->second;
    awaited_.erase(found);
    if (waiter)
      waiter->settled(ticket, answer, loop_.now());
    else
      forward::SitePush::tell_refusal(answer);
  }
}

Duration Worker::random(Duration least, Duration most) {
  // Not std::uniform_int_distribution: it draws several times for one number, and an even spread is all that counts.
  const double share = static_cast<double>(random_() - random_.min()) / static_cast<double>(random_.max());
  return least + Duration(static_cast<std::int64_t>(static_cast<double>((most - least).count()) * share));
}

std::size_t Worker::poll_limit() const {
  constexpr std::size_t kMuch = 64 << 20;
  return loop_.outbox_bytes() > kMuch ? std::size_t{64} << 10 : std::size_t{8} << 20;
}

void Worker::stop(std::function<void()> done) {
  // What was published before is delivered before: its call to serve may stand behind the one that stops us.
  serve();
  stopping_ = true;
  if (upstream_) upstream_->stop();
  stopped_ = std::move(done);
  const Time now = loop_.now();
  turn_ = now;
  // Who has not arrived has asked for nothing.
  while (arriving_) arriving_->close();
  // Stopping one session takes it, and only it, off the list at most.
  for (Session* session = sessions_; session;) {
    Session* following = session->next_;
    session->stop(now);
    session = following;
  }
  if (none() && stopped_) std::exchange(stopped_, nullptr)();
}

void Worker::abandon() {
  while (arriving_) arriving_->close();
  // An answer that is under way must not look whole, as one without a length would with a tidy end.
  while (sessions_) sessions_->held() ? sessions_->abort() : sessions_->close();
}

}  // namespace martd::http
