// A store that has filled its disk, and one that two servers know by different names. What needs a disk of its own, or
// a mount, is tried where the test may make one.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "support/deadline.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

/// A folder of the test's own, with something mounted on it perhaps.
struct Folder {
  Folder() { std::filesystem::create_directory(name()); }
  ~Folder() {
    while (::umount2(name().c_str(), MNT_DETACH) == 0) continue;
    std::filesystem::remove_all(name());
  }
  std::string name() const { return file.path() + ".d"; }
  TempFile file;
};

/// A disk of that size. False: it can't be had here.
bool mount_disk(const std::string& folder, const char* size) {
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) == 0) return true;
  MESSAGE("not tried: no file system can be mounted here (taken: root)");
  return false;
}

TestServer::Options on(const Folder& folder, const TestServer::Options& more = {}) {
  TestServer::Options options{"--store", folder.name() + "/push.db", "--admin", "127.0.0.1:0"};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

/// Pushes until it is refused for want of room; how many were taken. None: not so many as `most` were refused.
std::optional<int> try_to_fill(const TestServer& server, const std::string& query, const std::string& payload,
                               int most) {
  for (int i = 0; i < most; ++i) {
    const Answer answer = server.push(query, payload);
    // With `interval` more may be taken in a moment than is written in it: that isn't the disk.
    if (answer.status == 200 || contains(answer.body, "too much waits for the disk")) continue;
    CHECK(answer.status == 503);
    CHECK(contains(answer.body, "the disk is full"));
    return i;
  }
  return std::nullopt;
}

int fill(const TestServer& server, const std::string& query, const std::string& payload) {
  const auto taken = try_to_fill(server, query, payload, 100000);
  REQUIRE(taken);
  return *taken;
}

/// With messages that are over soon, and yet not before the disk is full, on however slow a machine.
void fill_for_a_while(const TestServer& server, const std::string& payload, int more_than_fit) {
  for (int life = 2; life < 1000; life *= 3)
    if (try_to_fill(server, "channel=much&size=10000&life=" + std::to_string(life), payload, more_than_fit)) return;
  FAIL("it was never full");
}

/// Whatever the store has taken by itself is left free again, and all else is taken.
void fill_the_rest(const Folder& folder) {
  std::ofstream rest(folder.name() + "/rest", std::ios::binary);
  const std::string piece(4096, 'x');
  while (rest.write(piece.data(), 4096).flush()) continue;
}

const std::string kPayload(3000, 'p');

}  // namespace

TEST_SUITE_BEGIN("store");

// The store had a volume of its own, and a publisher that ran wild. When all its messages had expired there was room
// for everything in the file, but to say so takes a few pages of log first, and there was no page: 503 for ever, and
// after a restart exit code 2.
TEST_CASE("a store that has filled its disk takes pushes again when what it had is over, without a restart") {
  for (const char* size : {"1536k", "24m"}) {
    CAPTURE(size);
    // So large that the disk is full before the first is over.
    const std::string payload = size == std::string("24m") ? std::string(60000, 'p') : kPayload;
    for (const char* durability : {"always", "interval"}) {
      CAPTURE(durability);
      const Folder folder;
      if (!mount_disk(folder.name(), size)) return;
      TestServer server(on(folder, {"--durability", durability}));
      server.publish("stays", "here", "size=5");
      fill_for_a_while(server, payload, 2000);
      await("a push to be taken", [&] { return server.push("channel=more&life=3s", payload).status == 200; });
      CHECK(server.admin().get("/healthz").status == 200);
      CHECK(server.kept("stays") == "here");
      // And again.
      fill_for_a_while(server, payload, 2000);
      await("a push to be taken", [&] { return server.push("channel=more", payload).status == 200; });
      // With `interval` the last one may still wait for room, and then it says so.
      const int code = server.stop();
      CHECK((code == 0 || (code == 1 && durability == std::string("interval"))));
      TestServer next(on(folder, {"--durability", durability}));
      CHECK(next.kept("stays") == "here");
    }
  }
}

// Small messages go to one table first and are moved to another by and by: half way, the disk was full.
TEST_CASE("a disk that is full of small messages in many channels is used again, too") {
  const Folder folder;
  if (!mount_disk(folder.name(), "3m")) return;
  TestServer server(on(folder));
  for (int i = 0, status = 200; status == 200; ++i) {
    REQUIRE(i < 100000);
    status = server.push("channel=c" + std::to_string(i % 300) + "&size=10000", std::string(100, 'p')).status;
  }
  for (int i = 0; i < 300; ++i) CHECK(server.clear("c" + std::to_string(i)).status == 200);
  await("a push to be taken", [&] { return server.push("channel=more", kPayload).status == 200; });
  for (int i = 0; i < 200; ++i) CHECK(server.push("channel=again&size=1000", kPayload).status == 200);
  CHECK(server.stop() == 0);
  Program check({"store", "check", folder.name() + "/push.db"});
  CHECK(check.await_exit() == 0);
  CHECK(contains(check.output(), "201 messages"));
}

TEST_CASE("while the disk is full channels can be cleared, and then there is room, also where others take the rest") {
  for (const char* size : {"1536k", "24m"}) {
    CAPTURE(size);
    const Folder folder;
    if (!mount_disk(folder.name(), size)) return;
    TestServer server(on(folder));
    for (int i = 0; i < 20; ++i) server.publish("small" + std::to_string(i), kPayload);
    int taken = fill(server, "channel=much&size=10000", kPayload);
    fill_the_rest(folder);
    // On a slow machine the store had the room of its log again before others took it.
    Answer ready;
    await("the disk to be full", [&] {
      ready = server.admin().get("/readyz");
      if (ready.status == 503) return true;
      taken += server.push("channel=much&size=10000", kPayload).status == 200;
      return false;
    });
    CHECK(contains(ready.body, "the disk is full"));
    for (int i = 0; i < 20; ++i) CHECK(server.clear("small" + std::to_string(i)).status == 200);
    const Answer cleared = server.clear("much");
    CHECK(cleared.status == 200);
    CHECK(json::parse(cleared.body).at("dropped") == taken);
    await("a push to be taken", [&] { return server.push("channel=more", kPayload).status == 200; });
  }
}

TEST_CASE("a server starts on a full disk, after a stop and after a kill, and has all that was acknowledged") {
  for (const int signal : {SIGTERM, SIGKILL}) {
    CAPTURE(signal);
    const Folder folder;
    if (!mount_disk(folder.name(), "1536k")) return;
    int taken = 0;
    {
      TestServer server(on(folder));
      taken = fill(server, "channel=much&size=10000", kPayload);
      if (signal == SIGTERM) CHECK(server.stop() == 0);
      if (signal == SIGKILL) {
        server.begin_to_stop(SIGKILL);
        CHECK(server.stop() == 128 + SIGKILL);
      }
    }
    fill_the_rest(folder);
    TestServer server(on(folder));
    CHECK(server.inspect("much").at("messages") == taken);
    CHECK(server.clear("much").status == 200);
    await("a push to be taken", [&] { return server.push("channel=more", kPayload).status == 200; });
    CHECK(server.stop() == 0);
    // Looking into it needs room for SQLite's index, too.
    Program check({"store", "check", folder.name() + "/push.db"});
    CHECK(check.await_exit() == 0);
    Program lines({"store", "export", folder.name() + "/push.db"});
    CHECK(lines.await_exit() == 0);
    CHECK(contains(lines.output(), "\"more\""));
  }
}

// Somebody else filled the disk, and makes room again: as ever.
TEST_CASE("a disk that others have filled and emptied again is used again") {
  const Folder folder;
  if (!mount_disk(folder.name(), "8m")) return;
  TestServer server(on(folder));
  fill_the_rest(folder);
  const int before = fill(server, "channel=much&size=10000", kPayload);
  std::filesystem::remove(folder.name() + "/rest");
  await("a push to be taken", [&] { return server.push("channel=much&size=10000", kPayload).status == 200; });
  CHECK(fill(server, "channel=much&size=10000", kPayload) > 500);
  CHECK(before < 500);
}

// Two servers, the second with the file by another name: each had a log of its own beside its own name, and each
// checkpoint wrote over what the other had acknowledged.
TEST_CASE("a second server on the same file is refused, by whatever name it comes") {
  const Folder folder;
  const std::string file = folder.name() + "/push.db";
  TestServer first({"--store", file});
  first.publish("news", "a");
  std::filesystem::create_hard_link(file, folder.name() + "/other.db");
  std::filesystem::create_symlink(file, folder.name() + "/third.db");
  for (const char* name : {"other.db", "third.db"}) {
    CAPTURE(name);
    Program second({"--http", "localhost:0", "--admin", "none", "--store", folder.name() + "/" + name});
    CHECK(second.await_exit() == 2);
    CHECK(lines_of(second.errors()).size() == 1);
    CHECK(contains(second.errors(), "another server holds it"));
  }
  CHECK(first.publish("news", "b") != "");
  CHECK(first.kept("news") == "a b");
}

TEST_CASE("a second server on the same file, mounted elsewhere with its folder, is refused") {
  const Folder folder, elsewhere;
  TestServer first({"--store", folder.name() + "/push.db"});
  if (::mount(folder.name().c_str(), elsewhere.name().c_str(), nullptr, MS_BIND, nullptr) != 0) {
    MESSAGE("not tried: nothing can be mounted here (taken: root)");
    return;
  }
  Program second({"--http", "localhost:0", "--admin", "none", "--store", elsewhere.name() + "/push.db"});
  CHECK(second.await_exit() == 2);
  CHECK(contains(second.errors(), "another server holds it"));
}

// `docker run -v ./push.db:/data/push.db`: the log was in the container, and went with it.
TEST_CASE("a store that is mounted without its folder is refused, with the reason") {
  const Folder folder, elsewhere;
  const std::string file = folder.name() + "/push.db";
  { TestServer made({"--store", file}); }
  const std::string name = elsewhere.name() + "/with blank.db";
  std::ofstream(name).flush();
  if (::mount(file.c_str(), name.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    MESSAGE("not tried: nothing can be mounted here (taken: root)");
    return;
  }
  Program alone({"--http", "localhost:0", "--admin", "none", "--store", name});
  CHECK(alone.await_exit() == 2);
  CHECK(lines_of(alone.errors()).size() == 1);
  CHECK(contains(alone.errors(), "the file alone is mounted"));
  ::umount2(name.c_str(), MNT_DETACH);
}
