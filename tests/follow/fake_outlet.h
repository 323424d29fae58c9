#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "follow/desk.h"
#include "follow/outlet.h"

namespace martd::follow::test {

/// A way out that leads nowhere: it counts what is asked of it, and allocates nothing.
class FakeOutlet final : public Outlet {
 public:
  explicit FakeOutlet(Desk& desk) : desk_(desk) {}
  FakeOutlet(FakeOutlet&& other) = delete;
  ~FakeOutlet() = default;

  Desk& desk() override { return desk_; }
  const Desk& desk() const override { return desk_; }
  const wire::Address& peer() const override { return address_; }
  const wire::Address& client() const override { return address_; }
  bool secure() const override { return false; }
  std::string_view hsts() const override { return {}; }
  Manner manner() const override { return {false, false, false}; }
  bool plain() const override { return true; }
  void answer(const wire::Answer&, std::string_view, Time, bool) override { ++answers; }
  bool open_stream(std::string_view, std::string_view, Time) override { return true; }
  Sent offer(const FramePtr& frame, std::size_t) override {
    ++offers;
    bytes += frame->bytes.size();
    return sent;
  }
  Sent put(std::string_view) override {
    ++others;
    return Sent::written;
  }
  std::size_t queued() const override { return 0; }
  net::Taken taken() const override {
    ++others;
    return {};
  }
  void wait_for_reader(Duration) override { ++others; }
  void hurry() override { ++others; }
  void bound_send_buffer(std::size_t) override { ++others; }
  void set_deadline(Time deadline) override { due = deadline; }
  void drop_deadline() override { due.reset(); }
  void call_later() override { ++later; }
  void done(bool) override { ++dones; }
  void end() override { ++ends; }
  void broken() override { ++ends; }
  void close() override { ++ends; }
  void abort() override { ++ends; }
  void read_on() override {}
  std::string read_ahead() override { return {}; }
  void half_close() override {}
  void note_status(int) override {}
  bool logged() const override { return false; }
  void note_upstream(std::string) override {}

  Sent sent = Sent::written;  ///< what becomes of what is offered
  std::optional<Time> due;
  std::size_t offers = 0;
  std::size_t bytes = 0;
  std::size_t answers = 0;
  std::size_t dones = 0;
  std::size_t ends = 0;
  std::size_t later = 0;
  mutable std::size_t others = 0;  ///< calls that a session would make system calls for

 private:
  Desk& desk_;
  wire::Address address_{};
};

}  // namespace martd::follow::test
