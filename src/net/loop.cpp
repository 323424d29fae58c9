#include "net/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace martd::net {

namespace {

int must(int descriptor, const char* call) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), call);
  return descriptor;
}

constexpr std::uint32_t kReading = EPOLLIN | EPOLLRDHUP | EPOLLET;
// So often at least, so that last_turn() says whether the loop is alive.
constexpr Duration kAlive = std::chrono::seconds{1};

}  // namespace

Loop::Loop(const Clock& clock)
    : clock_(clock),
      now_(clock.now()),
      epoll_(must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wheel_(now_),
      alarm_at_(now_ + kAlive) {
  if (wake_ < 0 || !add(wake_, EPOLLIN | EPOLLET, nullptr)) {
    const int error = errno;
    if (wake_ >= 0) ::close(wake_);
    ::close(epoll_);
    throw std::system_error(error, std::generic_category(), "eventfd");
  }
  last_turn_ = now_.time_since_epoch().count();
}

Loop::~Loop() {
  ::close(wake_);
  ::close(epoll_);
}

void Loop::run() {
  while (!stopped_.load(std::memory_order_acquire)) turn(kAlive);
}

void Loop::stop() {
  stopped_.store(true, std::memory_order_release);
  wake();
}

bool Loop::turn(Duration wait) {
  // A bound for one turn, so that calls and timers come between. What is left shows again at once.
  std::array<epoll_event, 256> ready;
  const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), milliseconds_to_wait(wait));
  asleep_.store(false, std::memory_order_relaxed);
  now_ = clock_.now();
  bool done = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<std::size_t>(i)];
    if (!event.data.ptr) continue;
    dispatch(event.events, *static_cast<Watched*>(event.data.ptr));
    done = true;
  }
  if (now_ >= alarm_at_) {
    tick();
    done = true;
  }
  return run_calls() || done;
}

int Loop::milliseconds_to_wait(Duration wait) {
  {
    // Under the lock: who posts from here on sees that the loop is asleep.
    const std::lock_guard lock(calls_mutex_);
    if (!calls_.empty()) return 0;
    asleep_.store(true, std::memory_order_relaxed);
  }
  const Duration left = std::min(wait, alarm_at_ - clock_.now());
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(std::max(left, Duration{0})).count());
}

void Loop::dispatch(std::uint32_t flags, Watched& watched) {
  const bool ended = flags & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  watched.on_events(
      {ended || flags & EPOLLIN, (flags & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0, ended, (flags & EPOLLERR) != 0});
}

bool Loop::run_calls() {
  {
    const std::lock_guard lock(calls_mutex_);
    running_.swap(calls_);
  }
  if (running_.empty()) return false;
  for (auto& call : running_) {
    call->run();
    call.reset();  // what it holds goes before the next one runs
  }
  running_.clear();
  return true;
}

void Loop::post_call(std::unique_ptr<Call> call) {
  {
    const std::lock_guard lock(calls_mutex_);
    calls_.push_back(std::move(call));
  }
  // When it is awake, it looks at the calls before it waits again.
  if (asleep_.exchange(false, std::memory_order_relaxed)) wake();
}

void Loop::wake() {
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the loop has been woken.
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

bool Loop::add(int descriptor, std::uint32_t events, Watched* watched) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watched;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

bool Loop::watch(int descriptor, Watched& watched, bool writing) {
  return add(descriptor, writing ? kReading | EPOLLOUT : kReading, &watched);
}

bool Loop::watch_for_connections(int descriptor, Watched& watched) { return add(descriptor, EPOLLIN, &watched); }

void Loop::watch_for_writing(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = kReading | EPOLLOUT;
  event.data.ptr = &watched;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void Loop::ignore(int descriptor) { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr); }

void Loop::set(Timer& timer, Time deadline) {
  wheel_.set(timer, deadline);
  alarm_at_ = std::min(alarm_at_, deadline);
}

void Loop::tick() {
  lag_.add(now_ - alarm_at_);
  last_turn_.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
  wheel_.advance(now_);
  alarm_at_ = std::min(wheel_.next().value_or(Time::max()), now_ + kAlive);
}

}  // namespace martd::net
