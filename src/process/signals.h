#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

namespace martd {

/// SIGTERM, SIGINT, SIGHUP and SIGUSR1, taken one after another on an io_context instead of interrupting some thread
/// (signalfd(2)). To be made before there is any other thread: the signals are blocked in this one and in all that it
/// makes, and stay blocked. One that comes before start() waits; of one kind that comes several times meanwhile, one is
/// taken.
class Signals {
 public:
  /// `on_signal` is called with the signal's number, on the thread that runs `context`. Throws std::system_error when
  /// the process has no descriptors left.
  Signals(boost::asio::io_context& context, std::function<void(int)> on_signal);

  void start();

 private:
  void take();

  boost::asio::posix::stream_descriptor arriving_;
  std::function<void(int)> on_signal_;
};

}  // namespace martd
