#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../push/hub_test.h"
#include "fault_disk.h"
#include "push/restore.h"
#include "store/sqlite_store.h"
#include "store/store_dump.h"

/// A hub whose store can be stopped, killed and started again, on a disk that fails when it is told to.
namespace martd::store::test {

using push::Durability;
using push::Etag;
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
    StoreSettings settings{file.empty() ? "push.db" : file, durability, file.empty() ? disk->name() : "", {}};
    settings.report = [this](bool, const std::string&) {
      const std::lock_guard lock(reported_mutex_);
      reported_.notify_all();
    };
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
  /// A new store on a new disk: after what it is to be like was said.
  void renew() {
    kept->stop();
    kept.reset();
    disk = std::make_unique<FaultDisk>();
    now = push::test::kStart;
    REQUIRE(open() == "");
  }
  /// From here on what is asked waits until go(), and is one transaction.
  void gather() {
    hub->close(now);
    kept->stop();
    kept.reset();
    CHECK(open(false) == "");
  }
  void go() { kept->start(); }
  /// An orderly stop, and a new start `away` later.
  void restart(Duration away = 1s) {
    hub->close(now);
    CHECK(kept->stop());
    kept.reset();
    now += away;
    CHECK(open() == "");
  }
  /// SIGKILL: what was written stays, whether it was synced or not.
  void kill(Duration away = 1s) { end_with(disk->image(), away); }
  /// What was not synced is lost, or a part of it.
  void cut_power(std::uint32_t seed, Duration away = 1s) {
    auto image = disk->image();
    image->cut_power(seed);
    end_with(std::move(image), away);
  }
  void end_with(std::unique_ptr<FaultDisk> image, Duration away) {
    disk->work();
    kept->stop();
    kept.reset();
    disk = std::move(image);
    now += away;
    CHECK(open() == "");
  }
  /// Waits until everything that was handed over is on disk.
  void settle() {
    const auto mark = std::make_shared<std::promise<void>>();
    kept->submit(std::make_unique<Mark>(mark));
    REQUIRE(mark->get_future().wait_for(20s) == std::future_status::ready);
  }
  /// Until something is so that the store reports of.
  void await(const std::function<bool()>& so) {
    std::unique_lock lock(reported_mutex_);
    const bool came = reported_.wait_for(lock, 20s, so);
    REQUIRE(came);
  }
  void await_recovery() {
    await([this] { return !kept->refusal(true); });
  }

  /// All that a disk has, as lines. Nobody writes to it.
  static std::string exported(const FaultDisk& from) {
    Database database("push.db", Database::Open::existing, from.name());
    std::string out;
    const auto outcome = export_store(database, [&](std::string_view lines) {
      out += lines;
      return true;
    });
    REQUIRE(outcome.index() == 0);
    return out;
  }

  /// Handed over, its answer to be taken later.
  std::uint64_t ask(std::initializer_list<std::string> channels, std::string payload, const PushOptions& options = {}) {
    REQUIRE_FALSE(hub->publish(job_of(channels, std::move(payload), options), now, tickets));
    return tickets.drawn;
  }
  /// `etag 3` counted from the channel's origin, `duplicate 3`, or why it was refused.
  std::string answer(std::uint64_t ticket, Etag origin) {
    const auto result = std::get<push::PushResult<push::Receipts>>(loops[0].answer(ticket).result);
    if (!result) return push::test::name_of(result.error().error);
    const push::Receipt& receipt = result->front();
    return (receipt.duplicate ? "duplicate " : "etag ") + std::to_string(receipt.etag - origin);
  }

  Durability durability = Durability::always;
  std::size_t max_memory = std::size_t{1} << 30;
  std::size_t most_recent = StoreSettings{}.most_recent;
  std::string file;  ///< on the system's disk; empty: on `disk`
  std::unique_ptr<FaultDisk> disk = std::make_unique<FaultDisk>();

 private:
  /// Is on disk when all before it is.
  struct Mark final : push::StoreEntry {
    explicit Mark(std::shared_ptr<std::promise<void>> promise) : reached(std::move(promise)) {}
    void write(push::StoreWriter&) override {}
    void settled(bool) override { reached->set_value(); }
    bool keeps() const override { return true; }
    bool adds() const override { return false; }
    std::size_t cost() const override { return 0; }
    std::shared_ptr<std::promise<void>> reached;
  };
  std::mutex reported_mutex_;
  std::condition_variable reported_;

 public:
  std::unique_ptr<SqliteStore> kept;
};

}  // namespace martd::store::test
