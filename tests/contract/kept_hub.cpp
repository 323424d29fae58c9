// The tests of the hub (tests/push), with everything that they publish kept in SQLite.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "../push/hub_fixture.h"
#include "../store/fault_disk.h"
#include "push/hub.h"
#include "push/restore.h"
#include "store/sqlite_store.h"

namespace martd::push::test {
namespace {

struct StoreKeeper final : Keeper {
  StoreKeeper(Hub& hub, Time now) {
    constexpr auto durability = Durability::MARTD_TEST_DURABILITY;
    auto opened = store::SqliteStore::open({"push.db", durability, disk.name(), {}}, now);
    REQUIRE(opened.index() == 0);
    kept = std::get<0>(std::move(opened));
    hub.keep_in(*kept, durability);
    Restorer restorer(hub, now);
    REQUIRE(kept->load(restorer) == std::nullopt);
    kept->start();
  }
  ~StoreKeeper() override { CHECK(kept->stop()); }

  store::test::FaultDisk disk;
  std::unique_ptr<store::SqliteStore> kept;
};

}  // namespace

std::unique_ptr<Keeper> keep(Hub& hub, Time now) { return std::make_unique<StoreKeeper>(hub, now); }

}  // namespace martd::push::test
