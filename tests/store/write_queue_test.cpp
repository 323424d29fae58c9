#include "store/write_queue.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>

using namespace martd;
using namespace martd::store;
using namespace std::chrono_literals;

namespace {

struct Note final : push::StoreEntry {
  explicit Note(std::size_t bytes) : bytes_(bytes) {}
  void write(push::StoreWriter&) override {}
  void settled(bool) override {}
  bool keeps() const override { return false; }
  bool adds() const override { return true; }
  std::size_t cost() const override { return bytes_; }

 private:
  std::size_t bytes_;
};

push::StoreEntryPtr note(std::size_t bytes = 1) { return std::make_unique<Note>(bytes); }

}  // namespace

TEST_CASE("write queue: what waits is counted, until it is settled") {
  WriteQueue queue;
  queue.add(note(10), false, 0ms);
  queue.add(note(20), false, 0ms);
  CHECK(queue.waiting().entries == 2);
  CHECK(queue.waiting().bytes == 30);
  std::vector<push::StoreEntryPtr> batch;
  queue.await_due();
  queue.move_to(batch, false);
  CHECK(batch.size() == 2);
  CHECK(batch[0]->cost() == 10);
  CHECK(queue.empty());
  CHECK(queue.waiting().bytes == 30);
  queue.settled(30);
  CHECK(queue.waiting().bytes == 0);
}

TEST_CASE("write queue: one transaction has a bound in entries and in bytes, and what is left is due at once") {
  WriteQueue queue;
  std::vector<push::StoreEntryPtr> batch;
  for (std::size_t i = 0; i < WriteQueue::kBatch + 5; ++i) queue.add(note(), false, 0ms);
  queue.move_to(batch, false);
  CHECK(batch.size() == WriteQueue::kBatch);
  queue.await_due();
  batch.clear();
  queue.move_to(batch, false);
  CHECK(batch.size() == 5);

  for (int i = 0; i < 3; ++i) queue.add(note(WriteQueue::kBatchBytes), false, 0ms);
  batch.clear();
  queue.move_to(batch, false);
  CHECK(batch.size() == 1);
  queue.move_to(batch, true);
  CHECK(batch.size() == 3);
}

TEST_CASE("write queue: what nobody waits for doesn't crowd out what is asked for, and has a bound of its own") {
  WriteQueue queue;
  for (std::size_t i = 0; i < WriteQueue::kMostLazy + 10; ++i) queue.add(note(), true, 1h);
  CHECK(queue.waiting().entries == WriteQueue::kMostLazy);
  CHECK_FALSE(queue.crowded());
  for (std::size_t i = 0; i < WriteQueue::kMost; ++i) queue.add(note(), false, 1h);
  CHECK(queue.crowded());
  WriteQueue bytes;
  bytes.add(note(WriteQueue::kMostBytes), false, 1h);
  CHECK(bytes.crowded());
}

TEST_CASE("write queue: the writer wakes for what is due earlier than what it waits for, and for the end") {
  WriteQueue queue;
  queue.add(note(), true, 1h);
  auto woken = std::async(std::launch::async, [&] { queue.await_due(); });
  queue.add(note(), false, 0ms);
  REQUIRE(woken.wait_for(20s) == std::future_status::ready);
  std::vector<push::StoreEntryPtr> batch;
  queue.move_to(batch, false);
  CHECK(batch.size() == 2);

  auto ended = std::async(std::launch::async, [&] { queue.await_due(); });
  queue.stop();
  REQUIRE(ended.wait_for(20s) == std::future_status::ready);
  CHECK(queue.stopping());
}

TEST_CASE("write queue: as many as were answered are waited for, and the last of them wakes the writer") {
  WriteQueue queue;
  queue.expect(2, 1h);  // its patience has a bound, whatever the transaction took
  queue.add(note(), false, 0ms);
  queue.add(note(), false, 0ms);
  queue.await_due();
  std::vector<push::StoreEntryPtr> batch;
  queue.move_to(batch, false);
  CHECK(batch.size() == 2);
}

TEST_CASE("write queue: a writer that can't write waits for the end of its pause, and only if asked for what is due") {
  WriteQueue queue;
  queue.add(note(), false, 0ms);
  queue.await(WriteQueue::Clock::now() + 1h, true);
  queue.await(WriteQueue::Clock::now() - 1ms, false);
  CHECK_FALSE(queue.empty());
}
