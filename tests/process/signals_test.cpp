#include "process/signals.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <vector>

namespace martd {
namespace {

TEST_CASE("signals: taken one after another, those that came before the start, too") {
  // On a thread of its own, whose mask ends with it.
  std::vector<int> taken;
  std::thread([&] {
    boost::asio::io_context context(1);
    Signals signals(context, [&](int signal) {
      taken.push_back(signal);
      if (signal == SIGUSR1) context.stop();
    });
    for (const int signal : {SIGHUP, SIGTERM, SIGINT}) ::pthread_kill(::pthread_self(), signal);
    signals.start();
    CHECK(context.run_one() == 1);
    CHECK(taken.size() == 3);
    ::pthread_kill(::pthread_self(), SIGUSR1);
    context.run();
  }).join();
  CHECK(taken.size() == 4);
  CHECK(taken.back() == SIGUSR1);
}

}  // namespace
}  // namespace martd
