#include "store_fixture.h"

#include "push/hub.h"
#include "push/restore.h"

namespace martd::store::test {

StoreTest::StoreTest() { open(); }

StoreTest::~StoreTest() {
  if (kept) kept->stop();
}

std::string StoreTest::open(bool start) {
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

void StoreTest::renew() {
  kept->stop();
  kept.reset();
  disk = std::make_unique<FaultDisk>();
  now = push::test::kStart;
  REQUIRE(open() == "");
}

void StoreTest::gather() {
  hub->close(now);
  kept->stop();
  kept.reset();
  CHECK(open(false) == "");
}

void StoreTest::go() { kept->start(); }

void StoreTest::restart(Duration away) {
  hub->close(now);
  CHECK(kept->stop());
  kept.reset();
  now += away;
  CHECK(open() == "");
}

void StoreTest::kill(Duration away) { end_with(disk->image(), away); }

void StoreTest::cut_power(std::uint32_t seed, Duration away) {
  auto image = disk->image();
  image->cut_power(seed);
  end_with(std::move(image), away);
}

void StoreTest::end_with(std::unique_ptr<FaultDisk> image, Duration away) {
  disk->work();
  kept->stop();
  kept.reset();
  disk = std::move(image);
  now += away;
  CHECK(open() == "");
}

void StoreTest::settle() {
  const auto mark = std::make_shared<std::promise<void>>();
  kept->submit(std::make_unique<Mark>(mark));
  REQUIRE(mark->get_future().wait_for(20s) == std::future_status::ready);
}

void StoreTest::await(const std::function<bool()>& so) {
  std::unique_lock lock(reported_mutex_);
  const bool came = reported_.wait_for(lock, 20s, so);
  REQUIRE(came);
}

void StoreTest::await_recovery() {
  await([this] { return !kept->refusal(true); });
}

std::string StoreTest::exported(const FaultDisk& from) {
  Database database("push.db", Database::Open::existing, from.name());
  std::string out;
  const auto outcome = export_store(database, [&](std::string_view lines) {
    out += lines;
    return true;
  });
  REQUIRE(outcome.index() == 0);
  return out;
}

std::uint64_t StoreTest::ask(std::initializer_list<std::string> channels, std::string payload,
                             const PushOptions& options) {
  REQUIRE_FALSE(hub->publish(job_of(channels, std::move(payload), options), now, tickets));
  return tickets.drawn;
}

std::string StoreTest::answer(std::uint64_t ticket, Etag origin) {
  const auto result = std::get<push::PushResult<push::Receipts>>(loops[0].answer(ticket).result);
  if (!result) return push::test::name_of(result.error().error);
  const push::Receipt& receipt = result->front();
  return (receipt.duplicate ? "duplicate " : "etag ") + std::to_string(receipt.etag - origin);
}

}  // namespace martd::store::test
