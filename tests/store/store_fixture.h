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

#include "../push/hub_fixture.h"
#include "fault_disk.h"
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
  StoreTest();
  ~StoreTest();

  /// As the server does it at its start: nothing where all is well, else what is wrong.
  std::string open(bool start = true);
  /// A new store on a new disk: after what it is to be like was said.
  void renew();
  /// From here on what is asked waits until go(), and is one transaction.
  void gather();
  void go();
  /// An orderly stop, and a new start `away` later.
  void restart(Duration away = 1s);
  /// SIGKILL: what was written stays, whether it was synced or not.
  void kill(Duration away = 1s);
  /// What was not synced is lost, or a part of it.
  void cut_power(std::uint32_t seed, Duration away = 1s);
  void end_with(std::unique_ptr<FaultDisk> image, Duration away);
  /// Waits until everything that was handed over is on disk.
  void settle();
  /// Until something is so that the store reports of.
  void await(const std::function<bool()>& so);
  void await_recovery();

  /// All that a disk has, as lines. Nobody writes to it.
  static std::string exported(const FaultDisk& from);

  /// Handed over, its answer to be taken later.
  std::uint64_t ask(std::initializer_list<std::string> channels, std::string payload, const PushOptions& options = {});
  /// `etag 3` counted from the channel's origin, `duplicate 3`, or why it was refused.
  std::string answer(std::uint64_t ticket, Etag origin);

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
