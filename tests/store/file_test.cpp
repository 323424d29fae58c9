// Files as they are found: another's, a newer one, one that is held.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "store/schema.h"
#include "store_fixture.h"

using namespace martd;
using namespace martd::store;
using namespace martd::store::test;

namespace {

/// A store of this version as the one before it wrote it.
constexpr const char* kBackTo3 =
    "DROP VIEW unmoved; ALTER TABLE channels DROP COLUMN lost; ALTER TABLE channels DROP COLUMN before_lost; "
    "ALTER TABLE messages DROP COLUMN lost; ALTER TABLE recent DROP COLUMN lost; "
    "CREATE VIEW unmoved AS SELECT * FROM recent "
    "WHERE place > (SELECT value FROM meta WHERE name='moved_place') "
    "OR (channel, number) > (SELECT a.value, b.value FROM meta AS a, meta AS b "
    "WHERE a.name='moved_channel' AND b.name='moved_number'); PRAGMA user_version=3";

struct FileTest {
  FileTest() {
    char name[] = "/tmp/martd-store-XXXXXX";
    folder = ::mkdtemp(name);
    file = folder + "/push.db";
  }
  ~FileTest() { std::filesystem::remove_all(folder); }

  std::string open(std::unique_ptr<SqliteStore>& out) {
    auto opened = SqliteStore::open({file, Durability::always, {}, {}}, push::test::kStart);
    if (opened.index() == 1) return std::get<1>(opened);
    out = std::get<0>(std::move(opened));
    return {};
  }
  std::string try_open() {
    std::unique_ptr<SqliteStore> ignored;
    return open(ignored);
  }
  void sql(const char* text) {
    Database database(file, Database::Open::create);
    database.run(text);
    REQUIRE_FALSE(database.failed());
  }

  std::string folder;
  std::string file;
};

}  // namespace

TEST_CASE_FIXTURE(FileTest, "file: made where there is none, for its owner only") {
  CHECK(try_open() == "");
  CHECK(try_open() == "");
  struct stat found {};
  REQUIRE(::stat(file.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  Database database(file, Database::Open::existing);
  CHECK(check_schema(database) == std::nullopt);
}

TEST_CASE_FIXTURE(FileTest, "file: one server for each, by whatever name") {
  std::unique_ptr<SqliteStore> first;
  CHECK(open(first) == "");
  CHECK(try_open() == "another server holds it (taken: one server for each file)");
  std::filesystem::create_symlink(file, folder + "/link.db");
  file = folder + "/link.db";
  CHECK(try_open() == "another server holds it (taken: one server for each file)");
  first.reset();
  CHECK(try_open() == "");
}

TEST_CASE_FIXTURE(FileTest, "file: of a newer martd it is refused, and left as it is") {
  CHECK(try_open() == "");
  sql("PRAGMA user_version=7");
  CHECK(try_open() == "it was written by a newer martd (schema 7; this one knows up to 4)");
  Database database(file, Database::Open::existing);
  CHECK(database.one("PRAGMA user_version") == 7);
}

TEST_CASE_FIXTURE(FileTest, "file: an older one is brought up to date") {
  const char* const back[] = {"DROP TABLE recent; PRAGMA user_version=1",
                              "DROP VIEW unmoved; DELETE FROM meta WHERE name LIKE 'moved%'; PRAGMA user_version=2",
                              kBackTo3};
  for (const int version : {3, 2, 1}) {
    CAPTURE(version);
    CHECK(try_open() == "");
    for (int step = 3; step >= version; --step) sql(back[step - 1]);
    {
      Database database(file, Database::Open::existing);
      CHECK(check_schema(database) == "it was written by an older martd (schema " + std::to_string(version) +
                                          "; a server with --store brings it up to date)");
    }
    CHECK(try_open() == "");
    Database database(file, Database::Open::existing);
    CHECK(check_schema(database) == std::nullopt);
    CHECK(database.one("SELECT count(*) FROM unmoved") == 0);
    CHECK(database.one("SELECT sum(value) FROM meta WHERE name LIKE 'moved%'") == 0);
  }
}

TEST_CASE_FIXTURE(FileTest,
                  "file: an older one doesn't know which messages were empty, a newer learns it from then on") {
  StoreTest test;
  test.file = file;
  test.renew();
  const Etag a = test.publish("news", "a", {.size = 2});
  for (int i = 0; i < 3; ++i) test.publish("news", "", {.size = 2});
  const Etag gone = test.publish("gone", "x");
  test.publish("gone", "");
  test.forget("gone");
  test.settle();
  test.close();
  test.kept->stop();
  test.kept.reset();
  sql(kBackTo3);
  CHECK(test.open() == "");
  for (int i = 0; i < 2; ++i) {
    CHECK(test.poll("news", push::test::after(a)) == "missed 1");
    CHECK(test.poll("gone", push::test::after(gone)) == "missed 1");
    CHECK(test.poll("news", push::test::after(a + 3)).empty());
    CHECK(test.poll("gone", push::test::after(gone + 1)).empty());
    test.restart();
  }
  for (int i = 0; i < 3; ++i) test.publish("news", "", {.size = 2});
  test.restart();
  CHECK(test.poll("news", push::test::after(a + 3)).empty());
  CHECK(test.poll("news", push::test::after(a)) == "missed 4");
}

TEST_CASE_FIXTURE(FileTest, "file: somebody else's is refused, and left as it is") {
  sql("CREATE TABLE notes(text); INSERT INTO notes VALUES('mine')");
  CHECK(try_open() == "it is no store of martd (taken: one, or a file that isn't there yet)");
  CHECK_FALSE(std::filesystem::exists(file + "-wal"));
  Database database(file, Database::Open::existing);
  CHECK(database.one_text("PRAGMA journal_mode") == "delete");
  CHECK(database.one_text("SELECT text FROM notes") == "mine");

  std::filesystem::remove(file);
  std::ofstream(file) << std::string(5000, 'x');
  CHECK(try_open() == "it is no SQLite file, or damaged");
}

TEST_CASE_FIXTURE(FileTest, "file: what can't be there is named") {
  file = folder + "/none/push.db";
  CHECK(try_open() == "can't be opened for writing: No such file or directory");
  file = folder;
  CHECK(try_open() == "can't be opened for writing: Is a directory");
}

TEST_CASE_FIXTURE(FileTest, "file: locked by another process it is refused at the start; later it waits its turn") {
  CHECK(try_open() == "");
  Database other(file, Database::Open::existing);
  other.run("BEGIN EXCLUSIVE");
  CHECK(try_open() == "another process has locked it");
  other.run("COMMIT");
  CHECK(try_open() == "");
}

TEST_CASE_FIXTURE(FileTest, "file: moved away under a running server, nothing more is taken until it is back") {
  StoreTest test;
  test.file = file;
  test.renew();
  test.publish("news", "a");
  std::filesystem::rename(file, file + ".aside");
  CHECK(test.refused({"news"}) == "store_away news");
  CHECK(test.kept->status().problem == "its file was moved or deleted");
  std::filesystem::rename(file + ".aside", file);
  test.await_recovery();
  test.publish("news", "b");
  CHECK(test.poll("news", kAll) == "a b");
}

TEST_CASE_FIXTURE(FileTest, "file: a copy that is made while it runs is whole") {
  std::unique_ptr<SqliteStore> running;
  CHECK(open(running) == "");
  Database reader(file, Database::Open::existing_to_read);
  CHECK(reader.run(("VACUUM INTO '" + folder + "/copy.db'").c_str()));
  file = folder + "/copy.db";
  CHECK(try_open() == "");
}
