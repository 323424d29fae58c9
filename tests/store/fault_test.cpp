// The disk fails, at every point where it can.

#include "push/hub.h"
#include "store_fixture.h"

using namespace martd;
using namespace martd::store::test;

namespace {

using Fault = FaultDisk::Fault;

/// What publishers and a subscriber know.
struct Witness : StoreTest {
  /// All that is pushed is `recent`.
  Witness() = default;
  /// No more than so many are, so that they are moved every now and then.
  explicit Witness(std::size_t recent) {
    most_recent = recent;
    renew();
  }

  std::map<std::string, std::vector<std::pair<Etag, std::string>>> acknowledged;
  std::unique_ptr<Follower> follower;

  void follow() {
    follower = std::make_unique<Follower>(loops[1]);
    CHECK(stream(*follower, {{"a", kNow}}, 1).empty());
  }
  void publish_one(const std::string& channel, const std::string& payload) {
    const auto receipts = try_publish({channel}, payload, {.size = 1000});
    if (receipts) acknowledged[channel].emplace_back(receipts->front().etag, payload);
    turn();
  }
  void publish_some(int from, int to) {
    for (int i = from; i < to; ++i) {
      publish_one(i % 3 == 0 ? "a" : "b" + std::to_string(i % 2), std::to_string(i));
      if (i % 5 == 4) publish_one("big", std::string(20000, 'x') + std::to_string(i));
      if (kept->refusal(true)) await_recovery();
    }
  }
  /// In memory, and on the disk, is what was acknowledged and nothing else.
  void check() {
    for (const auto& entry : acknowledged) {
      const std::string& channel = entry.first;
      const auto& messages = entry.second;
      CAPTURE(channel);
      std::vector<std::pair<Etag, std::string>> found;
      const push::Registry::ShardLock lock(hub->registry(), push::Registry::mask_of(channel));
      const push::Channel* there = hub->registry().find(channel, now);
      REQUIRE(there);
      for (std::size_t i = 0; i < there->backlog().count(); ++i)
        found.emplace_back(there->backlog()[i].etag, there->backlog()[i].content->payload);
      CHECK(found == messages);
    }
    std::size_t all = 0;
    for (const auto& [channel, messages] : acknowledged) all += messages.size();
    CHECK(hub->registry().messages() == all);
  }
  void check_follower() {
    std::string told;
    for (const auto& [etag, payload] : acknowledged["a"]) told += "[" + payload + "]";
    CHECK(follower->heard == told);
  }
};

const std::pair<Fault, const char*> kFaults[] = {{Fault::short_write, "short write"},
                                                 {Fault::write_error, "write error"},
                                                 {Fault::full, "disk full"},
                                                 {Fault::sync_error, "sync error"}};

}  // namespace

TEST_CASE("faults: at every n-th write and sync nothing acknowledged is lost, and nothing refused is there") {
  for (const auto& kind : kFaults) {
    const Fault fault = kind.first;
    const std::string name = kind.second;
    CAPTURE(name);
    for (const std::uint64_t times : {1, 3}) {
      CAPTURE(times);
      bool hit = true;
      for (std::uint64_t n = 0; hit; n += times == 1 ? 1 : 3) {
        CAPTURE(n);
        Witness test;
        test.follow();
        test.publish_some(0, 3);
        test.disk->fail(fault, n, times);
        test.publish_some(3, 12);
        hit = test.disk->counted() > n;
        test.disk->work();
        test.await_recovery();
        test.publish_some(12, 14);
        test.check();
        test.check_follower();
        test.cut_power(static_cast<std::uint32_t>(n + 1));
        test.check();
      }
    }
  }
}

TEST_CASE("faults: while messages are moved from one table to another, too") {
  for (const auto& kind : kFaults) {
    const Fault fault = kind.first;
    const std::string name = kind.second;
    CAPTURE(name);
    bool hit = true;
    for (std::uint64_t n = 0; hit; ++n) {
      CAPTURE(n);
      Witness test(4);
      test.publish_some(0, 3);
      test.disk->fail(fault, n, 1 + n % 3);
      test.publish_some(3, 12);
      hit = test.disk->counted() > n;
      test.disk->work();
      test.await_recovery();
      test.publish_some(12, 16);
      test.check();
      test.cut_power(static_cast<std::uint32_t>(n + 1));
      test.check();
      test.publish_some(16, 22);
      test.kill();
      test.check();
    }
  }
}

TEST_CASE("faults: killed right after the fault, what is there is what was acknowledged") {
  for (const auto& kind : kFaults) {
    const Fault fault = kind.first;
    const std::string name = kind.second;
    CAPTURE(name);
    for (std::uint64_t n = 0; n < 40; ++n) {
      CAPTURE(n);
      Witness test(n % 2 == 0 ? 4096 : 2);
      test.publish_some(0, 3);
      test.disk->fail(fault, n, 1);
      test.publish_some(3, 10);
      test.kill();
      test.check();
      test.publish_some(10, 12);
      test.check();
    }
  }
}

TEST_CASE_FIXTURE(Witness, "faults: while it can't be written, pushes are refused with the reason, and it says so") {
  publish_some(0, 4);
  disk->fail(Fault::full, 0, UINT64_MAX);
  const auto receipts = try_publish({"a"}, "x");
  REQUIRE_FALSE(receipts.has_value());
  CHECK(receipts.error().error == push::PushError::store_away);
  const auto again = try_publish({"a"}, "x");
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().why == "the disk is full");
  CHECK(try_clear("a").error().error == push::PushError::store_away);
  CHECK(kept->status().problem == "the disk is full");
  CHECK(poll("a", kAll) == "0 3");
  disk->work();
  await_recovery();
  CHECK(kept->status().problem.empty());
  CHECK(kept->status().failures > 0);
  publish_some(4, 9);
  check();
}

TEST_CASE("faults: with `interval` what was taken before the fault is written after it") {
  for (const auto& kind : kFaults) {
    const Fault fault = kind.first;
    const std::string name = kind.second;
    CAPTURE(name);
    Witness test;
    test.durability = Durability::interval;
    test.renew();
    test.publish_some(0, 4);
    test.disk->fail(fault, 0, 3);
    test.publish_some(4, 8);
    test.await([&] { return test.kept->status().failures > 0; });
    test.await_recovery();
    test.publish_some(8, 10);
    test.settle();
    test.check();
    test.restart();
    test.check();
  }
}

TEST_CASE_FIXTURE(Witness, "faults: stopping with `interval` says whether all was written") {
  durability = Durability::interval;
  renew();
  publish_some(0, 4);
  settle();
  disk->fail(Fault::write_error, 0, UINT64_MAX);
  publish_one("a", "lost");
  hub->close(now);
  CHECK_FALSE(kept->stop());
  disk->work();
  kept.reset();
  CHECK(open() == "");
  CHECK(poll("a", kAll) == "0 3");
}

TEST_CASE_FIXTURE(Witness, "faults: a file that is damaged is refused, or read without harm") {
  publish_some(0, 12);
  hub->close(now);
  kept->stop();
  kept.reset();
  const auto whole = disk->image();
  for (std::size_t offset = 0; offset < whole->size("push.db"); offset += 397) {
    CAPTURE(offset);
    disk = whole->image();
    disk->damage("push.db", offset);
    const std::string wrong = open();
    if (wrong.empty()) {
      kept->stop();
      kept.reset();
    }
  }
  disk = whole->image();
  disk->damage("push.db", 3);
  CHECK(open() == "it is no SQLite file, or damaged");
  disk = whole->image();
  CHECK(open() == "");
  check();
}
