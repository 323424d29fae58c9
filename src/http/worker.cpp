#include "http/worker.h"

#include <unistd.h>

#include <utility>

#include "http/session.h"

namespace martd::http {

Worker::Worker(push::LoopId id, net::Loop& loop, push::Hub& hub, ConnectionCount& count,
               std::shared_ptr<const Settings> settings)
    : loop_(loop),
      count_(count),
      owned_settings_(std::move(settings)),
      settings_(owned_settings_.get()),
      desk_(id, loop, hub, counters_, *owned_settings_) {}

Worker::~Worker() = default;

void Worker::put_before(std::unique_ptr<client::UpstreamPool> upstream) {
  // The prefix is the same as long as the program runs.
  gate_ = std::make_unique<forward::Gate>(desk_, std::move(upstream), counters_, settings(), settings().prefix);
}

void Worker::accept(int descriptor, const wire::Address& peer, const std::shared_ptr<const net::TlsContext>& tls,
                    bool operates) {
  // Beyond the limit a connection may still ask, to be told when to come back; but not without any limit.
  constexpr std::size_t kSurplus = 256;
  const std::size_t most = settings().max_connections;
  std::size_t open = count_.open.load(std::memory_order_relaxed);
  // More than one may have to go: two loops that took the last place at the same time have both got it.
  while (!stopping() && !operates && open >= most && make_room()) open = count_.open.load(std::memory_order_relaxed);
  net::SslPtr ssl = tls ? tls->accept(descriptor) : nullptr;
  const bool full = !operates && open >= most;
  if (stopping() || (full && open >= most + kSurplus) || (tls && !ssl)) {
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

void Worker::use(const Settings& settings) {
  settings_.store(&settings, std::memory_order_release);
  desk_.use(settings);
  if (gate_) gate_->use(settings);
}

void Worker::keep(std::shared_ptr<const Settings> settings) {
  loop_.post([this, timeouts = settings->upstream_timeouts] {
    if (gate_) gate_->pool().use(timeouts);
  });
  // What is under way goes by the old ones: they are let go of between two handlers.
  loop_.post([this, settings = std::move(settings)]() mutable { owned_settings_.swap(settings); });
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

void Worker::closed(Session& session) {
  take_off(session);
  count_.open.fetch_sub(1, std::memory_order_relaxed);
  session_count_.fetch_sub(1, std::memory_order_relaxed);
  if (stopping() && none() && stopped_) std::exchange(stopped_, nullptr)();
}

void Worker::list_subscribers(std::size_t most, std::vector<push::SubscriberInfo>& out) {
  // Connections that are between two requests are passed over, but not without end.
  constexpr std::size_t kMostLooks = 20000;
  std::size_t looks = 0;
  for (const Session* session = sessions_; session && most > 0 && looks < kMostLooks;
       session = session->next_, ++looks) {
    const push::Subscriber* subscriber = session->held() ? session->holder_->subscriber() : nullptr;
    if (!subscriber) continue;
    auto info = desk_.attendance().describe(*subscriber, loop_.now());
    if (!info) continue;
    out.push_back(*std::move(info));
    --most;
  }
}

void Worker::stop(std::function<void()> done) {
  const Time now = loop_.now();
  desk_.stop(now);
  if (gate_) gate_->pool().stop();
  stopped_ = std::move(done);
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
