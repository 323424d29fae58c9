#include "net/timer_wheel.h"

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace martd;
using namespace std::chrono_literals;

namespace {

constexpr Time kStart{std::chrono::seconds{1763600000}};
constexpr Duration kTick{1 << 24};

struct Alarm final : net::Timer {
  std::vector<Time> fired;
  std::function<void(Time)> then;

  void on_timer(Time now) override {
    CHECK_FALSE(armed());
    fired.push_back(now);
    if (then) then(now);
  }
};

struct WheelTest {
  net::TimerWheel wheel{kStart};
  Alarm alarm;

  /// In small steps, as a loop does it.
  void run(Time from, Time to, Duration step = 5ms) {
    for (Time at = from; at <= to; at += step) wheel.advance(at);
  }
};

}  // namespace

TEST_CASE_FIXTURE(WheelTest, "timer: fires once, when its deadline is over") {
  wheel.set(alarm, kStart + 1s);
  CHECK(alarm.armed());
  wheel.advance(kStart + 1s - kTick);
  CHECK(alarm.fired.empty());
  wheel.advance(kStart + 1s + kTick);
  CHECK(alarm.fired.size() == 1);
  CHECK_FALSE(alarm.armed());
  wheel.advance(kStart + 1h);
  CHECK(alarm.fired.size() == 1);
}

TEST_CASE_FIXTURE(WheelTest, "timer: never fires before its deadline") {
  for (Duration after : {1ms, 20ms, 250ms, 1000ms, 1001ms, 17s + 179ms, 3600s + 1ms}) {
    net::TimerWheel own(kStart);
    Alarm one;
    own.set(one, kStart + after);
    for (Time at = kStart; at < kStart + after; at += std::max<Duration>(1ms, after / 2000)) own.advance(at);
    own.advance(kStart + after - 1ns);
    CHECK_MESSAGE(one.fired.empty(), after.count());
  }
}

TEST_CASE_FIXTURE(WheelTest, "timer: a deadline that is past fires with the next tick") {
  wheel.advance(kStart + 10s);
  wheel.set(alarm, kStart);
  CHECK(wheel.next() <= kStart + 10s + kTick);
  wheel.advance(kStart + 10s + kTick);
  CHECK(alarm.fired.size() == 1);
}

TEST_CASE_FIXTURE(WheelTest, "timer: moved further away it fires at the later time only") {
  wheel.set(alarm, kStart + 1s);
  wheel.set(alarm, kStart + 90s);
  run(kStart, kStart + 89s);
  CHECK(alarm.fired.empty());
  wheel.advance(kStart + 90s + kTick);
  CHECK(alarm.fired.size() == 1);
}

TEST_CASE_FIXTURE(WheelTest, "timer: moved nearer it fires at the earlier time only") {
  wheel.set(alarm, kStart + 90s);
  wheel.set(alarm, kStart + 1s);
  run(kStart, kStart + 1s + kTick);
  CHECK(alarm.fired.size() == 1);
  run(kStart + 1s, kStart + 95s);
  CHECK(alarm.fired.size() == 1);
}

TEST_CASE_FIXTURE(WheelTest, "timer: dropped it never fires, and may be set again") {
  wheel.set(alarm, kStart + 1s);
  wheel.drop(alarm);
  wheel.drop(alarm);
  CHECK_FALSE(alarm.armed());
  wheel.advance(kStart + 5s);
  CHECK(alarm.fired.empty());
  wheel.set(alarm, kStart + 6s);
  wheel.advance(kStart + 7s);
  CHECK(alarm.fired.size() == 1);
}

TEST_CASE_FIXTURE(WheelTest, "timer: far deadlines pass many rounds of the wheel") {
  wheel.set(alarm, kStart + 30 * 24h);
  SUBCASE("in one leap") { wheel.advance(kStart + 30 * 24h - 1s); }
  SUBCASE("from one next() to the next") {
    int steps = 0;
    while (wheel.next() < kStart + 30 * 24h - 1s) {
      wheel.advance(*wheel.next());
      REQUIRE(++steps < 200000);
    }
  }
  CHECK(alarm.fired.empty());
  wheel.advance(kStart + 30 * 24h + kTick);
  CHECK(alarm.fired.size() == 1);
}

TEST_CASE_FIXTURE(WheelTest, "timer: set again from within its own firing") {
  alarm.then = [&](Time now) {
    if (alarm.fired.size() < 5) wheel.set(alarm, now + 1s);
  };
  wheel.set(alarm, kStart + 1s);
  run(kStart, kStart + 20s);
  REQUIRE(alarm.fired.size() == 5);
  for (std::size_t i = 1; i < 5; ++i) {
    CHECK(alarm.fired[i] - alarm.fired[i - 1] >= 1s - kTick);
    CHECK(alarm.fired[i] - alarm.fired[i - 1] <= 1s + 2 * kTick);
  }
}

TEST_CASE_FIXTURE(WheelTest,
                  "timer: one set for at once from within a firing comes with the next tick, not in an endless round") {
  alarm.then = [&](Time now) { wheel.set(alarm, now); };
  wheel.set(alarm, kStart + 1s);
  wheel.advance(kStart + 1s + kTick);
  CHECK(alarm.fired.size() >= 1);
  CHECK(alarm.fired.size() <= 2);
}

TEST_CASE_FIXTURE(WheelTest, "timer: its owner may be destroyed when it fires, with others of the same tick") {
  // Each that fires takes the next two with it, whichever order they come in.
  std::deque<std::unique_ptr<Alarm>> alarms;
  int fired = 0;
  for (int i = 0; i < 30; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    wheel.set(*alarms.back(), kStart + 1s);
  }
  for (auto& one : alarms)
    one->then = [&, own = one.get()](Time) {
      ++fired;
      int taken = 0;
      for (auto& other : alarms)
        if (other && other.get() != own && other->armed() && taken++ < 2) other.reset();
      for (auto& self : alarms)
        if (self.get() == own) {
          // The function that runs is part of what is destroyed: keep it until it has returned.
          static std::function<void(Time)> running;
          running = std::move(self->then);
          self.reset();
          return;
        }
    };
  wheel.advance(kStart + 2s);
  CHECK(fired == 10);
  wheel.advance(kStart + 1h);
  CHECK(fired == 10);
}

TEST_CASE("timer: destroyed while it is set, it is taken out") {
  net::TimerWheel wheel(kStart);
  Alarm first;
  Alarm last;
  wheel.set(first, kStart + 1s);
  {
    Alarm middle;
    wheel.set(middle, kStart + 1s);
    wheel.set(last, kStart + 1s);
  }
  wheel.advance(kStart + 2s);
  CHECK(first.fired.size() == 1);
  CHECK(last.fired.size() == 1);
}

TEST_CASE_FIXTURE(WheelTest, "next: nothing without a timer, never too late with one") {
  CHECK_FALSE(wheel.next());
  wheel.set(alarm, kStart + 5s);
  CHECK(wheel.next() <= kStart + 5s + kTick);
  wheel.advance(kStart + 5s + kTick);
  CHECK_FALSE(wheel.next());
}

TEST_CASE_FIXTURE(WheelTest, "next: after a dropped timer it is at worst too early, and comes to rest") {
  wheel.set(alarm, kStart + 1s);
  wheel.drop(alarm);
  for (int i = 0; wheel.next() && i < 10; ++i) wheel.advance(*wheel.next());
  CHECK_FALSE(wheel.next());
}

TEST_CASE("timers: do what a list of deadlines would do, to a tick, whatever is set, moved and dropped") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::minstd_rand random(seed);
    net::TimerWheel wheel(kStart);
    Time now = kStart;
    struct One {
      Alarm alarm;
      std::optional<Time> deadline;
      Time set_at{};
    };
    std::deque<One> all(50);
    for (int step = 0; step < 2000; ++step) {
      One& one = all[random() % all.size()];
      switch (random() % 5) {
        case 0:
        case 1: {
          // Some near, some beyond a round of the wheel (17 s), some in the past.
          static constexpr Duration kScale[] = {10ms, 100ms, 2s, 40s, 900s};
          const Duration away = kScale[random() % 5] * static_cast<int>(random() % 1000) / 500 - 3ms;
          one.deadline = now + away;
          one.set_at = now;
          wheel.set(one.alarm, now + away);
          break;
        }
        case 2:
          if (random() % 3 == 0) {
            one.deadline.reset();
            wheel.drop(one.alarm);
          }
          break;
        default: {
          static constexpr Duration kSteps[] = {1ms, 7ms, 16777216ns, 100ms, 3s, 60s};
          now += kSteps[random() % 6];
          std::vector<std::size_t> before;
          for (One& each : all) before.push_back(each.alarm.fired.size());
          wheel.advance(now);
          for (std::size_t i = 0; i < all.size(); ++i) {
            One& each = all[i];
            const std::size_t fired = each.alarm.fired.size() - before[i];
            REQUIRE(fired <= 1);
            if (!each.deadline) {
              REQUIRE(fired == 0);
            } else if (fired == 1) {
              REQUIRE(*each.deadline < now + kTick);
              each.deadline.reset();
            } else {
              // Late by a tick at most, counted from when it was set where that was later.
              REQUIRE(std::max(*each.deadline, each.set_at) + kTick > now - kTick);
            }
          }
          const auto next = wheel.next();
          for (const One& each : all)
            if (each.deadline) {
              REQUIRE(next.has_value());
              REQUIRE(*next <= std::max(*each.deadline, now) + kTick);
            }
        }
      }
      for (const One& each : all) REQUIRE(each.alarm.armed() == each.deadline.has_value());
    }
  }
}
