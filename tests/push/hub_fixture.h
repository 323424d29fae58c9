#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub_calls.h"
#include "push/attendance.h"
#include "push/roster.h"

/// What the tests of `push` speak in: a hub, two loops whose turns are taken by hand, subscribers that write down what
/// they are told. Time stands still until a test moves it.
namespace martd::push::test {

using namespace std::chrono_literals;

/// The visible payloads, joined by spaces.
std::string text(std::span<const Message> messages);
std::string text(Missed missed);
/// `missed 3: d e`, `d e`, `missed some`, or nothing.
std::string text(const Resume& resume);

/// One event loop: what the hub told it waits until the test takes its turn.
class TestLoop final : public LoopPort {
 public:
  TestLoop(Hub& hub, LoopId id);
  ~TestLoop() override = default;

  void answered(std::vector<Answered> answers) override;
  /// What the store answered, once it has.
  PushAnswer answer(std::uint64_t ticket);
  void ready(Channel& channel) override;
  /// Returns true if there was something.
  bool turn(Time now);

  Roster roster;
  Attendance attendance;
  int notified = 0;  ///< calls of ready(), each a mailbox entry
  int woken = 0;     ///< calls of answered()

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::uint64_t, PushAnswer> answers_;  ///< of the store, by ticket
  std::vector<Channel*> mailbox_;
};

/// A subscriber that writes down what it is given: each delivery as `[a b]`, behind the channel's name and a colon
/// where it follows several.
class Follower final : public Subscriber {
 public:
  explicit Follower(TestLoop& loop, std::string_view cid = {});

  Delivery deliver(const Batch& batch, std::uint32_t slot) override;
  void lagged() override { ++lags; }
  bool outlives(std::uint32_t) const override { return outlives_kicks; }
  void unseated(std::uint32_t slot, std::string_view channel, Ending ending, Etag cursor) override;
  void end(Ending ending, std::string_view channel, const Left& where) override;

  /// What follows its cursors, as a stream that can write again asks for it.
  std::string catch_up(Time now, std::size_t max_bytes = SIZE_MAX);
  Left leave(Time now);
  using Subscriber::cursor;
  Etag cursor() const { return cursor(0); }
  /// What was heard since it was last asked.
  std::string news() { return std::exchange(heard, {}); }

  Delivery answer = Delivery::taken;
  std::string heard;
  std::vector<std::pair<std::string, std::string>> pieces;  ///< the same: channels, and what was heard of them
  int deliveries = 0;
  int lags = 0;
  std::string ended;            ///< `one2one news`
  bool outlives_kicks = false;  ///< it goes on with its other channels
  std::string parted;           ///< `replaced news 1`
  Etag parted_at{};
  Left left;
  Etag last{};

 private:
  TestLoop& loop_;
};

const char* name_of(PushError error);

struct PushOptions {
  std::uint32_t size = Attributes::kDefaultSize;
  Duration life = Attributes::kDefaultLife;
  bool one2one = false;
  std::string key{};
  std::string id{};
  std::optional<Duration> expire{};
  std::optional<Etag> if_match{};
  std::shared_ptr<PushConditions> conditions{};  ///< instead of if_match
  bool allowed = true;
};

/// Where a hub keeps what is published to it, beside its memory.
struct Keeper {
  virtual ~Keeper() = default;
};
/// Each program says how its tests keep: `hub`, which is new, from now on in a new store; null: in memory only. The
/// same tests run over all.
std::unique_ptr<Keeper> keep(Hub& hub, Time now);

struct HubTest {
  Time now = kStart;
  Time server_start = kStart;
  std::unique_ptr<Hub> hub;
  std::deque<TestLoop> loops;
  std::unique_ptr<Keeper> keeper;
  Etag cursor{};  ///< what the last poll was given back
  TestTickets tickets;

  HubTest();
  ~HubTest();

  void restart_without_store();

  // --- publishing ---
  PushResult<Receipts> try_publish(std::initializer_list<std::string> channels, std::string payload,
                                   const PushOptions& options = {});
  static PushJob job_of(std::initializer_list<std::string> channels, std::string payload, const PushOptions& options);
  Receipt push(const std::string& channel, std::string payload, const PushOptions& options = {});
  Etag publish(const std::string& channel, std::string payload, const PushOptions& options = {});
  /// Why it was refused, as `wrong_key news`.
  std::string refused(std::initializer_list<std::string> channels, const PushOptions& options = {});
  PushResult<Cleared> try_clear(const std::string& channel, const std::string& key = {}, bool allowed = true);
  std::size_t clear(const std::string& channel);
  bool exists(const std::string& channel);
  ChannelInfo info(const std::string& channel, const std::string& key = {});

  // --- reading ---
  /// A poll that doesn't wait: what it is told, as text(Resume); `cursor` is what it was given back.
  std::string poll(const std::string& channel, Cursor from, std::string_view cid = {});
  /// A poll that waits where there is nothing: `parked`, or what it was told, or why it was refused.
  std::string wait(Follower& poller, std::initializer_list<Want> wants, std::size_t loop = 0);
  /// A stream: what it is given at first, or why it was refused.
  std::string stream(Follower& follower, std::initializer_list<Want> wants, std::size_t loop = 0);
  /// Until no loop has anything left to do.
  void turn();
  /// Returns true if there is more that is due.
  bool sweep();
  /// The end of an orderly stop.
  void close();
  void limit_memory(std::size_t bytes);
  /// How many there are; what all of them cost; of that, what is there because somebody follows.
  std::size_t channels() const;
  std::size_t cost() const;
  std::size_t followed() const;
  /// `channel` has nothing left, and is gone.
  void forget(const std::string& channel);
};

}  // namespace martd::push::test
