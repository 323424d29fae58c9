// Sections 7 and 8 of the contract: the configuration file, the environment, and reading both again.

#include <doctest/doctest.h>
#include <signal.h>

#include <string>

#include "support/deadline.h"
#include "support/streams.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

/// What the operator's limit makes of a size of 10.
int lowered_size(const Client& server) {
  server.publish("probe", "a");
  return server.inspect("probe").at("size").to_number<int>();
}

int push_with_secret(const Client& server, const std::string& secret) {
  return server.push("channel=news", "a", {{"Authorization", "Bearer " + secret}}).status;
}

/// A server with a configuration file that can be changed under it.
struct Configured {
  TempFile file{"publish-secret = \"first\"\npublish-from = \"10.9.8.7\"\nmax-size = 7\n"};
  TestServer server{{"--config", file.path()}};

  /// What it says at its start is out: what comes behind is about a reload. Else the file could be written anew while
  /// the reload before still read it, and an empty file is a good configuration, by which this machine may push.
  Configured() {
    server.program().await_errors([](const std::string& text) { return contains(text, "room for "); });
  }

  void reload(const std::string& content) {
    file.write(content);
    server.program().signal(SIGHUP);
  }

  /// Reloads and awaits that the log says something, which it returns.
  std::string reload_and_read_log(const std::string& content) {
    std::size_t before = server.program().errors().size();
    reload(content);
    server.program().await_errors([&](const std::string& text) { return text.size() > before && text.back() == '\n'; });
    return server.program().errors().substr(before);
  }
};

}  // namespace

TEST_SUITE_BEGIN("operating");

TEST_CASE("a flag outranks the environment, which outranks the file") {
  TempFile file("max-size = 5\n");
  CHECK(lowered_size(TestServer({"--config", file.path()})) == 5);
  CHECK(lowered_size(TestServer({"--config", file.path()}, {{"MARTD_MAX_SIZE", "6"}})) == 6);
  CHECK(lowered_size(TestServer({"--config", file.path(), "--max-size", "7"}, {{"MARTD_MAX_SIZE", "6"}})) == 7);
  CHECK(lowered_size(TestServer({}, {{"MARTD_CONFIG", file.path()}})) == 5);
}

TEST_CASE("the file takes what the flags take: durations, sizes and lists") {
  TempFile file(
      "heartbeat = \"200ms\"\nmax-payload = \"1K\"\norigin = [\"https://a.example\", \"https://b.example\"]\n"
      "publish-from = \"127.0.0.0/8\"\nheader-timeout = 3\n");
  TestServer server({"--config", file.path()});
  EventStream stream(server.endpoint(), "news=now", {{"Origin", "https://b.example"}});
  CHECK(stream.head().header("Access-Control-Allow-Origin") == "https://b.example");
  stream.await_comments(1);
  CHECK(server.push("channel=news", std::string(1025, 'x')).status == 413);
}

TEST_CASE("unknown variables are warned of, and do not stop the start") {
  TestServer server({}, {{"MARTD_NO_SUCH_THING", "1"}});
  server.program().await_errors([](const std::string& text) { return contains(text, "MARTD_NO_SUCH_THING"); });
}

TEST_CASE_FIXTURE(Configured, "a reload takes a new secret, new addresses and new limits, and holds what is held") {
  EventStream stream(server.endpoint(), "news=now");
  CHECK(push_with_secret(server, "first") == 200);
  CHECK(stream.next().data == "a");
  reload("publish-secret = \"second\"\npublish-from = \"10.9.8.7\"\nmax-size = 6\n");
  await("the new secret to count", [&] { return push_with_secret(server, "second") == 200; });
  CHECK(stream.next().data == "a");
  await("the old secret to count no more", [&] { return push_with_secret(server, "first") == 403; });

  reload("publish-from = \"127.0.0.1\"\nmax-size = 4\norigin = \"https://app.example\"\n");
  await("the new addresses to count", [&] { return server.push("channel=news", "b").status == 200; });
  await("the new limit to count", [&] { return lowered_size(server) == 4; });
  await("the new origin to count", [&] {
    return server.push("channel=news", "c", {{"Origin", "https://app.example"}}).status == 200;
  });
  CHECK(server.push("channel=news", "d", {{"Origin", "https://evil.example"}}).status == 403);
  std::string payload = stream.next().data;
  while (payload == "a") payload = stream.next().data;
  CHECK(payload == "b");
}

TEST_CASE_FIXTURE(Configured, "a bad configuration is refused and the old one stays") {
  for (std::string bad : {"publish-secret = \"second\"\nmax-size = \"many\"\n",
                          "publish-secret = \"second\"\nno-such = 1\n", "publish-secret = \"second\"\n[[[\n"}) {
    CAPTURE(bad);
    reload_and_read_log(bad);
    CHECK(push_with_secret(server, "first") == 200);
    CHECK(push_with_secret(server, "second") == 403);
  }
  reload("publish-secret = \"third\"\npublish-from = \"10.9.8.7\"\n");
  await("the good configuration to count", [&] { return push_with_secret(server, "third") == 200; });
}

TEST_CASE_FIXTURE(Configured, "what a reload cannot change is named in the log") {
  reload("publish-secret = \"second\"\npublish-from = \"10.9.8.7\"\nthreads = 7\n");
  await("the new secret to count", [&] { return push_with_secret(server, "second") == 200; });
  server.program().await_errors([&](const std::string& text) { return contains(text, "threads"); });
}

TEST_CASE("a server without a file takes a reload as well") {
  TestServer server;
  EventStream stream(server.endpoint(), "news=now");
  server.program().signal(SIGHUP);
  server.publish("news", "a");
  CHECK(stream.next().data == "a");
}

TEST_SUITE_END();
