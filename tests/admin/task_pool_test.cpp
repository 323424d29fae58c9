#include "admin/task_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>

namespace martd::admin {
namespace {

TEST_CASE("task pool: as many at once as it has threads, and all in the end") {
  TaskPool pool(3, 100);
  std::latch all_there(3);
  std::atomic<int> done = 0;
  // Each waits for the two others: they have to run side by side.
  for (int i = 0; i < 3; ++i)
    pool.enqueue([&] {
      all_there.arrive_and_wait();
      ++done;
    });
  for (int i = 0; i < 50; ++i) pool.enqueue([&] { ++done; });
  pool.shutdown();
  CHECK(done == 53);
}

TEST_CASE("task pool: no thread more than it may have; who comes then waits, and past the bound the giver does") {
  TaskPool pool(1, 2);
  std::latch begin(1);
  std::atomic<int> running = 0, most = 0, done = 0;
  const auto task = [&] {
    begin.wait();
    most = std::max(most.load(), ++running);
    --running;
    ++done;
  };
  std::atomic<bool> given = false;
  std::thread giver([&] {
    for (int i = 0; i < 10; ++i) pool.enqueue(task);
    given = true;
  });
  CHECK_FALSE(given);  // one runs, two wait, and seven are still to be given
  begin.count_down();
  giver.join();
  pool.shutdown();
  CHECK(done == 10);
  CHECK(most == 1);
}

TEST_CASE("task pool: that nobody uses has no thread, and is shut down all the same") {
  TaskPool pool(8, 8);
  pool.shutdown();
}

}  // namespace
}  // namespace martd::admin
