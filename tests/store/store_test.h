#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../push/hub_test.h"
#include "fault_disk.h"
#include "push/restore.h"
#include "store/sqlite_store.h"

/// A hub whose store can be stopped, killed and started again, on a disk that fails when it is told to.
namespace martd::store::test {

using push::Durability;
using push::Etag;
using push::Time;
using push::test::Follower;
using push::test::HubTest;
using push::test::kAll;
using push::test::kNow;
using push::test::PushOptions;
using namespace std::chrono_literals;

struct StoreTest : HubTest {
  StoreTest() { open(); }
  ~StoreTest() {
    if (kept) kept->stop();
  }

  /// As the server does it at its start: nothing where all is well, else what is wrong.
  std::string open(bool start = true) {
    loops.clear();
    hub = std::make_unique<push::Hub>(now);
    hub->limit_memory(max_memory);
    loops.emplace_back(*hub, 0U);
    loops.emplace_back(*hub, 1U);
    StoreSettings settings{"push.db", durability, disk->name(), {}};
    settings.first_pause = 1ms;
    settings.most_recent = most_recent;
    auto opened = SqliteStore::open(settings, now);
    if (opened.index() == 1) return std::get<1>(opened);
    kept = std::get<0>(std::move(opened));
    hub->keep_in(*kept, durability);
    push::Restorer restorer(*hub, now);
    if (const auto wrong = kept->load(restorer)) {
      kept.reset();
      return *wrong;
    }
    if (start) kept->start();
    now += 1s;
    return {};
  }
  /// An orderly stop, and a new start `away` later.
  void restart(push::Duration away = 1s) {
    hub->close(now);
    CHECK(kept->stop());
    kept.reset();
    now += away;
    CHECK(open() == "");
  }
  /// SIGKILL: what was written stays, whether it was synced or not.
  void kill(push::Duration away = 1s) { end_with(disk->image(), away); }
  /// What was not synced is lost, or a part of it.
  void cut_power(std::uint32_t seed, push::Duration away = 1s) {
    auto image = disk->image();
    image->cut_power(seed);
    end_with(std::move(image), away);
  }
  void end_with(std::unique_ptr<FaultDisk> image, push::Duration away) {
    disk->work();
    kept->stop();
    kept.reset();
    disk = std::move(image);
    now += away;
    CHECK(open() == "");
  }
  /// Waits until everything that was handed over is on disk.
  void settle() {
    for (int i = 0; i < 20000 && (kept->status().waiting > 0 || kept->status().waiting_bytes > 0); ++i)
      std::this_thread::sleep_for(1ms);
    REQUIRE(kept->status().waiting_bytes == 0);
  }
  void await_recovery() {
    for (int i = 0; i < 20000 && kept->refusal(); ++i) std::this_thread::sleep_for(1ms);
    REQUIRE_FALSE(kept->refusal());
  }

  /// Handed over, its answer to be taken later.
  std::uint64_t ask(std::initializer_list<std::string> channels, std::string payload, const PushOptions& options = {}) {
    const std::uint64_t ticket = ++tickets;
    REQUIRE_FALSE(hub->publish_later(job_of(channels, std::move(payload), options), now, {0, ticket}));
    return ticket;
  }
  /// `etag 3` counted from the channel's origin, `duplicate 3`, or why it was refused.
  std::string answer(std::uint64_t ticket, Etag origin) {
    const auto result = std::get<push::PushResult<push::Receipts>>(loops[0].answer(ticket).result);
    if (!result) return refusals.at(result.error().error);
    const push::Receipt& receipt = result->front();
    return (receipt.duplicate ? "duplicate " : "etag ") + std::to_string(receipt.etag - origin);
  }

  const std::map<push::PushError, std::string> refusals{
      {push::PushError::not_allowed, "not_allowed"}, {push::PushError::wrong_key, "wrong_key"},
      {push::PushError::not_newest, "not_newest"},   {push::PushError::not_found, "not_found"},
      {push::PushError::memory_full, "memory_full"}, {push::PushError::store_away, "store_away"}};
  Durability durability = Durability::always;
  std::size_t max_memory = std::size_t{1} << 30;
  std::size_t most_recent = StoreSettings{}.most_recent;
  std::unique_ptr<FaultDisk> disk = std::make_unique<FaultDisk>();
  std::unique_ptr<SqliteStore> kept;
};

}  // namespace martd::store::test
