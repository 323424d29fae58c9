#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>

namespace bench {

/// What the poller tells of a socket. Must outlive its registration.
struct Watcher {
  virtual void readable() = 0;
  virtual void writable() {}

 protected:
  ~Watcher() = default;
};

/// The generator's one loop over epoll. Not thread-safe; the generator has one thread.
class Poller {
 public:
  /// With `spin` it asks again and again and never sleeps.
  explicit Poller(bool spin);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void add(int fd, Watcher& watcher);
  void want_write(int fd, Watcher& watcher, bool wanted);

  /// Serves what is ready; waits for at most `milliseconds` for the first.
  void turn(int milliseconds);

 private:
  int epoll_;
  bool spin_;
  std::array<epoll_event, 512> events_{};
};

}  // namespace bench
