// A store is looked through, written out, and read in again.

#include <sstream>

#include "store/schema.h"
#include "store_fixture.h"

using namespace martd;
using namespace martd::store;
using namespace martd::store::test;

namespace {

struct DumpTest : StoreTest {
  /// The disk has one connection at a time: the store in use is stopped.
  std::string exported() {
    if (kept) kept->stop();
    kept.reset();
    return StoreTest::exported(*disk);
  }
  /// Into a new store, which is the one in use from then on. What is wrong.
  std::string import(const std::string& lines) {
    disk = std::make_unique<FaultDisk>();
    Database database("push.db", Database::Open::create, disk->name());
    REQUIRE(migrate(database, 0) == std::nullopt);
    std::istringstream text(lines);
    const auto outcome = import_store(database, text);
    if (outcome.index() == 1) return std::get<1>(outcome);
    return {};
  }
};

}  // namespace

TEST_CASE_FIXTURE(DumpTest, "dump: what is written out and read in again is the same store") {
  const Etag gone = publish("gone", "x");
  forget("gone");
  for (int i = 0; i < 600; ++i) publish("news", std::to_string(i), {.size = 500, .key = "k"});
  publish("news", "short", {.size = 500, .key = "k", .id = "id", .expire = 5s});
  publish("other", "\xFF");
  const Etag a = publish("again", "a");
  forget("again");
  publish("again", "b");
  now += 10s;
  settle();
  const std::string all = poll("news", kAll);
  const Etag newest = cursor;
  const std::string lines = exported();

  CHECK(import(lines) == "");
  CHECK(exported() == lines);
  CHECK(open() == "");
  CHECK(poll("news", kAll) == all);
  CHECK(cursor == newest);
  CHECK(refused({"news"}) == "wrong_key news");
  CHECK(poll("other", kAll) == "\xFF");
  CHECK(poll("again", push::test::after(a)) == "b");
  CHECK(publish("gone", "y") > gone);
  CHECK(poll("gone", push::test::after(gone)) == "y");
}

TEST_CASE_FIXTURE(DumpTest, "dump: what is a loss, and what was only empty, is so in the new store") {
  publish("news", "a", {.size = 2});
  const Etag b = publish("news", "b", {.size = 2});
  for (int i = 0; i < 5; ++i) publish("news", "", {.size = 2});
  const Etag gone = publish("gone", "x");
  publish("gone", "");
  forget("gone");
  now += 1s;
  publish("gone", "");
  forget("gone");
  now += 1s;
  publish("again", "");
  forget("again");
  now += 1s;
  publish("again", "y");
  const std::string lines = [&] {
    settle();
    return exported();
  }();
  CHECK(import(lines) == "");
  CHECK(exported() == lines);
  CHECK(open() == "");
  CHECK(poll("news", push::test::after(b)).empty());
  CHECK(poll("news", push::test::after(Etag{push::value(b) - 1})) == "missed 4");
  CHECK(poll("gone", push::test::after(gone)).empty());
  CHECK(poll("again", push::test::after(gone)) == "y");
  // Lines of before don't say: every etag that is gone counts.
  std::string old = lines;
  for (std::size_t at = old.find(",\"lost\":"); at != old.npos; at = old.find(",\"lost\":")) {
    old.erase(at, old.find('"', at + 9) + 1 - at);
  }
  kept->stop();
  kept.reset();
  CHECK(import(old) == "");
  CHECK(open() == "");
  CHECK(poll("news", push::test::after(b)) == "missed 3");
  CHECK(poll("news", push::test::after(cursor)).empty());
}

TEST_CASE_FIXTURE(DumpTest, "dump: lines that can't be are named, and nothing is read in") {
  publish("news", "a");
  publish("news", "b");
  settle();
  const std::string lines = exported();
  const std::size_t first = lines.find('\n') + 1;
  CHECK(import("") == "there is nothing to read (taken: what martd store export writes)");
  CHECK(import(lines.substr(first)).starts_with("line 1: the first line is missing"));
  CHECK(import(lines + lines).starts_with("line 5: a second line"));
  CHECK(import(lines + lines.substr(first)) == "line 5: a channel that was there already");
  const std::string last = lines.substr(lines.rfind('\n', lines.size() - 2) + 1);
  CHECK(import(lines + last).starts_with("line 5: etag: not behind the one before"));
  CHECK(import(lines + "x") == "line 5: not a JSON object");
  Database database("push.db", Database::Open::existing, disk->name());
  const auto contents = check_store(database);
  REQUIRE(contents.index() == 0);
  CHECK(std::get<0>(contents).channels == 0);
  CHECK(std::get<0>(contents).messages == 0);
}

TEST_CASE_FIXTURE(DumpTest, "dump: only an empty store is read into") {
  publish("news", "a");
  settle();
  kept->stop();
  kept.reset();
  Database database("push.db", Database::Open::existing, disk->name());
  std::istringstream text("{}");
  const auto outcome = import_store(database, text);
  REQUIRE(outcome.index() == 1);
  CHECK(std::get<1>(outcome).starts_with("it has channels already"));
}

TEST_CASE_FIXTURE(DumpTest, "check: counts what is there, and finds what can't be") {
  publish("gone", "x");
  forget("gone");
  settle();
  publish("news", "a");
  publish("news", "b");
  kept->stop();
  kept.reset();
  Database database("push.db", Database::Open::existing, disk->name());
  const auto contents = check_store(database);
  REQUIRE(contents.index() == 0);
  CHECK(std::get<0>(contents).channels == 1);
  CHECK(std::get<0>(contents).messages == 2);
  CHECK(std::get<0>(contents).forgotten == 1);
  database.run("UPDATE channels SET before_origin=1, before_last=origin+1");
  const auto wrong = check_store(database);
  REQUIRE(wrong.index() == 1);
  CHECK(std::get<1>(wrong) == "it is damaged: the lives of channel news");
  database.run("UPDATE channels SET before_origin=NULL; UPDATE recent SET channel=99");
  CHECK(std::get<1>(check_store(database)) == "it is damaged: a message without a channel");
  database.run(
      "UPDATE recent SET channel=(SELECT id FROM channels WHERE name='news'); INSERT INTO messages SELECT channel, "
      "number, floor, published, expire, type, "
      "event, id, payload, lost FROM recent");
  CHECK(std::get<1>(check_store(database)) == "it is damaged: the etags of channel news");
  database.run("DELETE FROM recent");
  CHECK(check_store(database).index() == 0);
  database.run("UPDATE messages SET channel=99");
  CHECK(std::get<1>(check_store(database)) == "it is damaged: a message without a channel");
}

TEST_CASE_FIXTURE(DumpTest, "check: what can't be ends a start, too") {
  publish("news", "a");
  settle();
  kept->stop();
  kept.reset();
  {
    Database database("push.db", Database::Open::existing, disk->name());
    database.run("UPDATE recent SET channel=99");
  }
  CHECK(open() == "it is damaged: a message without a channel");
}
