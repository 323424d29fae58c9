#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "follow/desk.h"
#include "follow/outlet.h"

namespace martd::forward::test {

/// A way out that leads into a string, to a client that takes what it is given when the test says so.
class RecordingOutlet final : public follow::Outlet {
 public:
  explicit RecordingOutlet(follow::Desk& desk) : desk_(desk) {}
  ~RecordingOutlet() = default;

  follow::Desk& desk() override { return desk_; }
  const follow::Desk& desk() const override { return desk_; }
  const wire::Address& peer() const override { return address_; }
  const wire::Address& client() const override { return address_; }
  bool secure() const override { return false; }
  std::string_view hsts() const override { return {}; }
  Manner manner() const override { return asked; }
  bool plain() const override { return true; }
  void answer(const wire::Answer& answer, std::string_view body, Time, bool close) override {
    answered = answer.status;
    text += body;
    closed |= close;
  }
  bool open_stream(std::string_view, std::string_view, Time) override { return true; }
  Sent offer(const FramePtr&, std::size_t) override { return Sent::closed; }
  Sent put(std::string_view bytes) override {
    ++puts;
    if (gone) return Sent::closed;
    text += bytes;
    if (!slow) return Sent::written;
    waiting += bytes.size();
    most_waiting = std::max(most_waiting, waiting);
    return Sent::queued;
  }
  std::size_t queued() const override { return waiting; }
  net::Taken taken() const override { return {}; }
  void wait_for_reader(Duration most) override { reader_wait = most; }
  void hurry() override {}
  void bound_send_buffer(std::size_t) override {}
  void set_deadline(Time deadline) override { due = deadline; }
  void drop_deadline() override { due.reset(); }
  void call_later() override { ++later; }
  void done(bool close) override {
    ++dones;
    closed |= close;
  }
  void end() override {}
  void broken() override { ++breaks; }
  void close() override {}
  void abort() override { ++aborts; }
  void read_on() override { ++reads; }
  std::string read_ahead() override { return std::exchange(ahead, {}); }
  void half_close() override { ++half_closes; }
  void note_status(int) override {}
  bool logged() const override { return false; }
  void note_upstream(std::string) override {}

  // What the client is like.
  Manner asked{false, false, false};
  bool slow = false;  ///< what is put waits
  bool gone = false;
  std::string ahead;  ///< what it has sent behind its request

  // What came of it.
  std::string text;
  std::size_t waiting = 0;
  std::size_t most_waiting = 0;
  std::optional<Time> due;
  std::optional<Duration> reader_wait;
  int answered = 0;     ///< the status of a whole answer
  bool closed = false;  ///< the connection ends after the answer
  int puts = 0;
  int later = 0;
  int dones = 0;
  int breaks = 0;
  int aborts = 0;
  int reads = 0;
  int half_closes = 0;

 private:
  follow::Desk& desk_;
  wire::Address address_{};
};

}  // namespace martd::forward::test
