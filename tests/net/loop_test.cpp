#include "net/loop.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace martd;

TEST_CASE("loop: what is posted runs on its thread, in order, whoever posted it") {
  net::Clock clock;
  net::Loop loop(clock);
  std::vector<int> ran;
  std::thread::id on;
  std::thread thread([&] {
    on = std::this_thread::get_id();
    loop.run();
  });
  std::thread::id seen;
  for (int i = 0; i < 100; ++i) loop.post([&, i] { ran.push_back(i); });
  loop.post([&] {
    seen = std::this_thread::get_id();
    loop.stop();
  });
  thread.join();
  CHECK(seen == on);
  REQUIRE(ran.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(ran[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("loop: counts what waits in the outboxes of its connections") {
  net::Clock clock;
  net::Loop loop(clock);
  loop.count_outbox(0, 10);
  loop.count_outbox(10, 25);
  loop.count_outbox(0, 5);
  CHECK(loop.outbox_bytes() == 30);
  loop.count_outbox(25, 0);
  CHECK(loop.outbox_bytes() == 5);
}

TEST_CASE("loop: came round when it was made") {
  net::Clock clock;
  const Time before = clock.now();
  net::Loop loop(clock);
  CHECK(loop.last_turn() >= before);
  CHECK(loop.last_turn() <= clock.now());
  CHECK(clock.start() <= before);
}
