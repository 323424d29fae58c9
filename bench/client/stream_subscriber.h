#pragma once

#include <memory>
#include <string>
#include <vector>

#include "event_reader.h"
#include "response_reader.h"
#include "run.h"
#include "socket.h"

namespace bench {

/// One event stream. It checks what it gets by the run's tally.
class StreamSubscriber final : public Watcher {
 public:
  explicit StreamSubscriber(Run& run) : run_(run), progress_(run.tally.start()) {}

  /// Connects and asks: from now on, or after the last message it saw where it has been open before.
  void open(const std::string& channel);
  /// Breaks off; it may be opened again and goes on where it was.
  void close();
  /// Of the connection, while it is open.
  int socket() const { return socket_.fd(); }
  void readable() override;

 private:
  Run& run_;
  Socket socket_;
  ResponseReader response_;
  EventReader events_;
  Progress progress_;
  std::string last_id_;
  bool has_head_ = false;
};

/// All event streams of a run, on one channel.
class StreamCrowd {
 public:
  StreamCrowd(Run& run, std::string channel) : run_(run), channel_(std::move(channel)) {}

  /// Holds `size` of them, and returns when the head of each has come.
  void grow(std::size_t size);
  /// Breaks all off.
  void close();
  /// Asks for all again, each where it was, --in-flight of them at a time; the last heads may be yet to come.
  void reopen();
  /// Breaks all off and forgets them.
  void clear();
  std::size_t size() const { return members_.size(); }
  /// `most` of them at most, spread over all.
  std::vector<int> sockets(std::size_t most) const;

 private:
  Run& run_;
  std::string channel_;
  std::vector<std::unique_ptr<StreamSubscriber>> members_;
};

}  // namespace bench
