#include "net/ticket_keys.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <new>

using namespace martd;
using net::TicketKeys;

namespace {

constexpr Time kStart{std::chrono::hours{1000}};

struct TicketKeysTest {
  TicketKeys keys;

  TicketKeys::Key sealing(Duration after) { return keys.sealing(kStart + after).value(); }
  std::optional<TicketKeys::Found> opening(const TicketKeys::Key& key, Duration after) {
    return keys.opening(key.name, kStart + after);
  }
};

constexpr Duration kLife = TicketKeys::kLife;
constexpr Duration kMoment{1};

}  // namespace

TEST_CASE("ticket keys: no copy of a key stays in the memory that it had") {
  TicketKeys keys;
  alignas(TicketKeys::Key) unsigned char memory[sizeof(TicketKeys::Key)];
  auto* const copy = new (memory) TicketKeys::Key(keys.sealing(kStart).value());
  const auto zeros = [&memory] { return std::count(std::begin(memory), std::end(memory), 0); };
  CHECK(zeros() < 30);
  copy->~Key();
  CHECK(zeros() == sizeof memory);
}

TEST_CASE_FIXTURE(TicketKeysTest, "ticket keys: one seals for its life, the next one after that") {
  const auto first = sealing({});
  CHECK(sealing(kLife - kMoment).name == first.name);
  const auto second = sealing(kLife);
  CHECK(second.name != first.name);
  CHECK(second.cipher != first.cipher);
  CHECK(second.mac != first.mac);
}

TEST_CASE_FIXTURE(TicketKeysTest,
                  "ticket keys: what was sealed is opened, for as long again after it sealed the last") {
  const auto first = sealing({});
  REQUIRE(opening(first, kLife - kMoment));
  CHECK(opening(first, kLife - kMoment)->key.cipher == first.cipher);
  CHECK_FALSE(opening(first, kLife - kMoment)->renew);
  const auto second = sealing(kLife);
  REQUIRE(opening(first, 2 * kLife - kMoment));
  CHECK(opening(first, 2 * kLife - kMoment)->renew);
  CHECK_FALSE(opening(second, 2 * kLife - kMoment)->renew);
  CHECK_FALSE(opening(first, 2 * kLife));
}

TEST_CASE_FIXTURE(TicketKeysTest, "ticket keys: nobody seals for long, and the old ones open no more all the same") {
  const auto first = sealing({});
  CHECK(opening(first, 2 * kLife - kMoment)->renew);
  CHECK_FALSE(opening(first, 2 * kLife));
}

TEST_CASE_FIXTURE(TicketKeysTest, "ticket keys: a name that is none of them opens nothing") {
  CHECK_FALSE(keys.opening(TicketKeys::Key{}.name, kStart));
  auto other = sealing({});
  other.name[0] ^= 1;
  CHECK_FALSE(opening(other, {}));
}
