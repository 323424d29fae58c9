#include "poller.h"

#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "clock.h"

namespace bench {

Poller::Poller(bool spin) : epoll_(epoll_create1(EPOLL_CLOEXEC)), spin_(spin) {
  if (epoll_ < 0) throw std::runtime_error("epoll_create1 failed");
}

Poller::~Poller() { ::close(epoll_); }

void Poller::add(int fd, Watcher& watcher) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &watcher;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) throw std::runtime_error("epoll_ctl failed");
}

void Poller::want_write(int fd, Watcher& watcher, bool wanted) {
  epoll_event event{};
  event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.ptr = &watcher;
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) throw std::runtime_error("epoll_ctl failed");
}

void Poller::turn(int milliseconds) {
  const int size = static_cast<int>(events_.size());
  int ready = 0;
  if (spin_) {
    const auto deadline = now() + milliseconds * Nanoseconds{1'000'000};
    do {
      ready = epoll_wait(epoll_, events_.data(), size, 0);
    } while (ready == 0 && now() < deadline);
  } else {
    ready = epoll_wait(epoll_, events_.data(), size, milliseconds);
  }
  if (ready < 0 && errno != EINTR) throw std::runtime_error("epoll_wait failed");
  for (int i = 0; i < ready; ++i) {
    auto* watcher = static_cast<Watcher*>(events_[static_cast<std::size_t>(i)].data.ptr);
    const auto what = events_[static_cast<std::size_t>(i)].events;
    if (what & EPOLLOUT) watcher->writable();
    if (what & (EPOLLIN | EPOLLHUP | EPOLLERR)) watcher->readable();
  }
}

}  // namespace bench
