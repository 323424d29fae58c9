// The store as clients and operators see it.

#include <doctest/doctest.h>
#include <signal.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "support/deadline.h"
#include "support/streams.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

/// The name of a file that isn't there, and will go with all that is put beside it.
struct StoreFile {
  StoreFile() { std::filesystem::remove(file.path()); }
  ~StoreFile() {
    for (const char* more : {"-wal", "-shm", ".lock", ".reserve"}) std::filesystem::remove(file.path() + more);
  }
  const std::string& path() const { return file.path(); }
  TestServer::Options options(TestServer::Options more = {}) const {
    more.insert(more.end(), {"--store", path()});
    return more;
  }
  TempFile file;
};

std::string refused(const std::vector<std::string>& arguments) {
  Program program(arguments);
  CHECK(program.await_exit() == 2);
  CHECK(lines_of(program.errors()).size() == 1);
  return program.errors();
}

/// Another process's hand on the file, for as long as it lives.
struct Blocker {
  explicit Blocker(const std::string& path) {
    REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
    sqlite3_busy_timeout(handle, 10000);
    REQUIRE(sqlite3_exec(handle, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~Blocker() { sqlite3_close(handle); }
  sqlite3* handle = nullptr;
};

}  // namespace

TEST_SUITE_BEGIN("store");

TEST_CASE("store: channels, their keys and messages outlive stops and kills") {
  const StoreFile store;
  std::string a, b;
  {
    TestServer server(store.options());
    a = server.publish("news", "a", "size=3&life=2h&key=k");
    b = server.publish("news", "b", "size=3&life=2h&key=k");
    CHECK(server.stop() == 0);
  }
  CHECK_FALSE(std::filesystem::exists(store.path() + "-wal"));
  {
    Program killed({"--http", "localhost:0", "--admin", "none", "--store", store.path()});
    killed.await_output([](const std::string& text) { return contains(text, "ready"); });
    killed.signal(SIGKILL);
    CHECK(killed.await_exit() == 128 + SIGKILL);
  }
  TestServer server(store.options());
  CHECK(server.kept("news") == "a b");
  CHECK(server.told("news", a) == "b");
  CHECK(server.push("channel=news", "x").status == 403);
  const json::object found = server.inspect("news", "key=k");
  CHECK(found.at("size") == 3);
  CHECK(found.at("life") == 7200);
  CHECK(found.at("etag").as_string() == b);
  CHECK(std::stoull(server.publish("news", "c", "key=k")) == std::stoull(b) + 1);
}

TEST_CASE("store: one connection's pushes are answered in their order") {
  const StoreFile store;
  TestServer server(store.options());
  Connection connection(server.endpoint());
  std::string requests;
  for (int i = 0; i < 20; ++i)
    requests += "POST /pub?channel=news&size=20 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n" +
                std::string(1, static_cast<char>('a' + i));
  requests += "GET /sub?news=0 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  connection.send(requests);
  unsigned long long last = 0;
  for (int i = 0; i < 20; ++i) {
    const Answer answer = connection.read_answer();
    REQUIRE(answer.status == 200);
    const auto etag = std::stoull(std::string(answer.parsed().at("etag").as_string()));
    CHECK((last == 0 || etag == last + 1));
    last = etag;
  }
  CHECK(told_in(connection.read_answer(), "news") == "a b c d e f g h i j k l m n o p q r s t");
}

TEST_CASE("store: empty messages that are gone are no loss, before a kill and after it") {
  const StoreFile store;
  std::string a, b, ended;
  for (int i = 0; i < 3; ++i) {
    TestServer server(store.options());
    if (i == 0) {
      a = server.publish("news", "a");
      b = server.publish("news", "b");
      for (int empties = 0; empties < 25; ++empties) server.set("news", "size=10");
      ended = server.publish("ended", "x");
      server.set("ended", "");
      server.clear("ended");
    }
    CHECK(server.told("news", b) == "");
    CHECK(server.told("news", a) == "[missed 16]");
    CHECK(server.told("ended", ended) == "");
    server.program().signal(SIGKILL);
    CHECK(server.stop() == 128 + SIGKILL);
  }
}

TEST_CASE("store: a publisher that ends its side, or goes, has pushed all the same") {
  const StoreFile store;
  TestServer server(store.options());
  const std::string request = "POST /pub?channel=news HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n";
  Connection half(server.endpoint());
  half.send(request + "a");
  half.finish_sending();
  CHECK(half.read_answer().status == 200);
  CHECK(half.ends());
  {
    Connection gone(server.endpoint());
    gone.send(request + "b");
  }
  server.await_messages("news", 2);
  CHECK(server.kept("news") == "a b");
}

TEST_CASE("store: a second server on the same file doesn't start") {
  const StoreFile store;
  TestServer server(store.options());
  const std::string said = refused({"--http", "localhost:0", "--admin", "none", "--store", store.path()});
  CHECK(said == "martd: --store: " + store.path() + ": another server holds it (taken: one server for each file)\n");
}

TEST_CASE("store: options that can't be are refused with what is taken") {
  CHECK(refused({"--durability", "never"}) == "martd: --durability: not known: never (taken: always or interval)\n");
  const TempFile other("not a store");
  CHECK(contains(refused({"--http", "localhost:0", "--store", other.path()}), "it is no SQLite file"));
  CHECK(contains(refused({"--http", "localhost:0", "--store", "/none/at/all"}), "No such file or directory"));
  CHECK(contains(refused({"--store", "x.db", "--max-payload", "1000M", "--max-memory", "2G"}),
                 "--max-payload: more than a store takes (taken: up to 900M with --store)"));
}

TEST_CASE("store: while it can't be written, pushes are refused, subscribers stay, and health says so") {
  const StoreFile store;
  TestServer server(store.options({"--admin", "localhost:0"}));
  const std::string a = server.publish("news", "a");
  EventStream events(server.endpoint(), "news=0");
  CHECK(events.next().data == "a");
  {
    Blocker blocker(store.path());
    const Answer refusal = server.push("channel=news", "x");
    CHECK(refusal.status == 503);
    CHECK(refusal.header("Retry-After") != "");
    CHECK(contains(refusal.body, "another process has locked it"));
    CHECK(server.clear("news").status == 503);
    CHECK(server.kept("news") == "a");
    EventStream late(server.endpoint(), "news=0");
    CHECK(late.next().data == "a");
    for (const char* path : {"/healthz", "/readyz"}) {
      const Answer health = server.admin().get(path);
      CHECK(health.status == 503);
      CHECK(contains(health.body, "store: another process has locked it"));
    }
  }
  await("the store comes back", [&] { return server.admin().get("/readyz").status == 200; });
  const std::string b = server.publish("news", "b");
  CHECK(std::stoull(b) == std::stoull(a) + 1);
  CHECK(events.next().data == "b");
}

TEST_CASE("store: with interval a push is answered at once, and an orderly stop loses nothing") {
  const StoreFile store;
  std::string last;
  {
    TestServer server(store.options({"--durability", "interval"}));
    for (int i = 0; i < 100; ++i) last = server.publish("news", std::to_string(i), "size=100");
    CHECK(server.stop() == 0);
  }
  TestServer server(store.options({"--durability", "interval"}));
  CHECK(server.newest("news") == last);
  CHECK(server.inspect("news").at("messages") == 100);
}

TEST_CASE("store: what operators do with it") {
  const StoreFile store, copy;
  TestServer server(store.options());
  server.publish("news", "a", "key=k");
  server.publish("news", "\xFF", "key=k");
  Program check({"store", "check", store.path()});
  CHECK(check.await_exit() == 0);
  CHECK(check.output() == "whole: 1 channels, 2 messages, 0 forgotten channels\n");
  Program out({"store", "export", store.path()});
  CHECK(out.await_exit() == 0);
  CHECK(lines_of(out.output()).size() == 4);
  Program held({"store", "import", store.path()}, {}, out.output());
  CHECK(held.await_exit() == 1);
  CHECK(contains(held.errors(), "another server holds it"));
  Program in({"store", "import", copy.path()}, {}, out.output());
  CHECK(in.await_exit() == 0);
  TestServer second(copy.options());
  CHECK(second.poll("news=0").body == server.poll("news=0").body);

  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"store"}, {"store", "eat", "x"}, {"store", "check"}, {"store", "check", "a", "b"}}) {
    Program program(wrong);
    CHECK(program.await_exit() == 2);
    CHECK(contains(program.errors(), "(taken: martd store check|export|import FILE)"));
  }
  Program none({"store", "check", "/none/at/all"});
  CHECK(none.await_exit() == 1);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("store crashes");

TEST_CASE("store: killed at random moments, it keeps its word") {
  // For longer: scripts/crash-test 100. What was wrong is on standard output.
  CHECK(std::system(MARTD_CRASH_TEST " 10") == 0);
}

TEST_SUITE_END();
