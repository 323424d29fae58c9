// How much sooner all have a message where more loops deliver it: N event streams on one channel, one message at a
// time.
//
// In the other questions the generator takes a core for itself, which on a machine of two leaves none for a second
// loop. Here it sleeps while the server delivers: the messages wait in the clients' sockets, and are read and checked
// when the server is done with some of them. The time on the clock goes from before the publish until the last of some
// clients, spread over all, is seen to have it; then comes the next.

#include <sys/epoll.h>
#include <unistd.h>

#include <ctime>
#include <stdexcept>
#include <vector>

#include "../client/publisher.h"
#include "../client/stream_subscriber.h"
#include "questions.h"

namespace bench {
namespace {

constexpr std::size_t kWitnesses = 64;
/// Published before the clients read, so that what it takes to wake from rest counts little.
constexpr int kMessages = 40;

/// Some of the sockets, watched without waiting in them: whoever waits is woken by the first that has something.
class Witnesses {
 public:
  explicit Witnesses(const std::vector<int>& sockets)
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)), events_(sockets.size()) {
    for (const int socket : sockets) {
      epoll_event event{};
      event.events = EPOLLIN | EPOLLET;
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) throw std::runtime_error("epoll_ctl");
    }
  }
  ~Witnesses() { ::close(epoll_); }
  Witnesses(const Witnesses&) = delete;
  Witnesses& operator=(const Witnesses&) = delete;

  void forget() { look(); }
  /// Sleeps until all have got something since forget(). It looks seldom: at every 50 µs, and at 256 sockets, its core
  /// had a quarter less for the loop that it shares it with.
  void await(Nanoseconds deadline) {
    constexpr timespec nap{0, 400'000};
    for (std::size_t seen = look(); seen < events_.size(); seen += look()) {
      if (now() > deadline) throw std::runtime_error("lost: some have got nothing");
      ::nanosleep(&nap, nullptr);
    }
  }

 private:
  std::size_t look() {
    const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 0);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  int epoll_;
  std::vector<epoll_event> events_;
};

}  // namespace

Report loops(const Options& options) {
  Run run(options);
  StreamCrowd crowd(run, "c0");
  crowd.grow(options.subscribers);
  Publisher publisher(run);
  run.settle();
  Witnesses witnesses(crowd.sockets(kWitnesses));

  Nanoseconds time = 0;
  Nanoseconds cpu = 0;
  double delivered = 0;
  const auto publish_for = [&](double seconds) {
    const auto end = now() + from_seconds(seconds);
    while (now() < end) {
      witnesses.forget();
      const Stopwatch watch(run.server);
      for (int i = 0; i < kMessages; ++i) {
        publisher.publish("c0", run.tally.publish());
        witnesses.await(now() + from_seconds(options.limit));
      }
      time += watch.time();
      run.await_all_received(run.tally.published() * crowd.size());
      run.await([&] { return run.answered == run.tally.published(); }, "the answer to a publish");
      run.settle();
      cpu += watch.cpu();
      delivered += static_cast<double>(crowd.size() * kMessages);
    }
  };
  publish_for(options.warmup);
  time = cpu = 0;
  delivered = 0;
  publish_for(options.seconds);

  Report report(options);
  report.number("subscribers", static_cast<double>(options.subscribers));
  return report.cost(cpu, time, delivered);
}

}  // namespace bench
