#include "net/loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace martd::net {

namespace {

int make_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return descriptor;
}

constexpr std::uint32_t kReading = EPOLLIN | EPOLLRDHUP | EPOLLET;

}  // namespace

Loop::Loop(const Clock& clock)
    : clock_(clock),
      now_(clock.now()),
      io_(1),
      work_(io_.get_executor()),
      events_(io_.get_executor(), make_epoll()),
      wheel_(clock.now()),
      alarm_(io_.get_executor()) {
  last_turn_ = now_.time_since_epoch().count();
}

Loop::~Loop() = default;

void Loop::run() {
  refresh();
  arm();
  await_events();
  io_.run();
}

bool Loop::watch(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = kReading;
  event.data.ptr = &watched;
  return ::epoll_ctl(events_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Loop::watch_for_writing(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = kReading | EPOLLOUT;
  event.data.ptr = &watched;
  ::epoll_ctl(events_.native_handle(), EPOLL_CTL_MOD, descriptor, &event);
}

void Loop::await_events() {
  events_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    dispatch();
    await_events();
  });
}

void Loop::dispatch() {
  // A bound for one turn, so that calls and timers come between. What is left shows again at once.
  std::array<epoll_event, 256> ready;
  const int count = ::epoll_wait(events_.native_handle(), ready.data(), static_cast<int>(ready.size()), 0);
  refresh();
  for (int i = 0; i < count; ++i) {
    const std::uint32_t flags = ready[static_cast<std::size_t>(i)].events;
    const bool ended = flags & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    const Watched::Events events{ended || flags & EPOLLIN, (flags & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0, ended,
                                 (flags & EPOLLERR) != 0};
    static_cast<Watched*>(ready[static_cast<std::size_t>(i)].data.ptr)->on_events(events);
  }
}

void Loop::set(Timer& timer, push::Time deadline) {
  wheel_.set(timer, deadline);
  if (deadline < alarm_at_) arm();
}

void Loop::arm() {
  // At least once a second, so that last_turn() says whether the loop is alive.
  const push::Time now = clock_.now();
  const push::Time next = std::min(wheel_.next().value_or(push::Time::max()), now + std::chrono::seconds{1});
  alarm_at_ = next;
  alarm_.expires_after(std::max(next - now, push::Duration{0}));
  alarm_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Loop::tick() {
  refresh();
  lag_.add(now_ - alarm_at_);
  last_turn_.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
  wheel_.advance(now_);
  arm();
}

}  // namespace martd::net
