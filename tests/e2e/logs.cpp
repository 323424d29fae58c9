// The log: a line a request where that is asked for, to a file that can be moved away, and never a secret.

#include <doctest/doctest.h>
#include <httplib.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "support/deadline.h"
#include "support/streams.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// The lines of the access log alone.
std::string accesses_of(const std::string& text) {
  std::string lines;
  for (const std::string& line : lines_of(text))
    if (contains(line, " access ")) lines += line + '\n';
  return lines;
}

/// A line of the access log without its time: `access 127.0.0.1 GET /sub 200 …`.
std::string access_of(const std::string& text, const std::string& request) {
  for (const std::string& line : lines_of(text)) {
    const auto at = line.find(" access ");
    if (at != std::string::npos && contains(line, request)) return line.substr(at + 1);
  }
  return {};
}

/// A site that martd can stand before, with one page.
struct Site {
  Site() {
    server.Get("/page", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(100'000, 'x'), "text/plain");
    });
    port = server.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server.listen_after_bind(); });
    httplib::Client("127.0.0.1", port).Get("/page");  // before it serves, its stop() would do nothing
  }
  ~Site() { stop(); }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  void stop() {
    server.stop();
    if (thread.joinable()) thread.join();
  }

  httplib::Server server;
  int port = 0;
  std::thread thread;
};

}  // namespace

TEST_SUITE_BEGIN("logs");

TEST_CASE("no request is logged unless it is asked for") {
  TestServer server({"--log-level", "debug"});
  server.publish("news", "a");
  server.get("/nothing");
  CHECK(server.stop() == 0);
  CHECK(contains(server.program().errors(), "stopping"));
  CHECK(accesses_of(server.program().errors()) == "");
  CHECK_FALSE(contains(server.program().errors(), "/nothing"));
}

TEST_CASE("a line a request: address, method, path, status, bytes, seconds, upstream, whatever the level") {
  TestServer server({"--access-log", "--log-level", "error"});
  server.push("channel=news&key=hunter2", "a",
              {{"Authorization", "Bearer hunter3"}, {"Cookie", "martd_secret=hunter4"}});
  server.poll("news=0");
  server.get("/nothing?hunter5");
  { EventStream stream(server.endpoint(), "news=0"); }
  server.program().await_errors([](const std::string& text) { return count_of(text, " access ") == 4; });
  const std::string log = accesses_of(server.program().errors());
  CHECK(access_of(log, "POST /pub").rfind("access 127.0.0.1 POST /pub 200 ", 0) == 0);
  CHECK(access_of(log, "GET /nothing").rfind("access 127.0.0.1 GET /nothing 404 ", 0) == 0);
  CHECK(count_of(log, " GET /sub 200 ") == 2);
  CHECK(count_of(log, " -\n") == 4);  // none of them went to a site
  CHECK_FALSE(contains(log, "hunter"));
  CHECK_FALSE(contains(log, "news"));
}

TEST_CASE("as JSON, every line is an object, whatever stands in the path") {
  TestServer server({"--access-log", "--log-format", "json"});
  Connection raw(server.endpoint());
  raw.send("GET /\"\\\xff\xc3\xa4\x1b[31m?x HTTP/1.1\r\nHost: a\r\n\r\n");
  raw.read_answer();
  server.publish("news", "a");
  server.program().await_errors([](const std::string& text) { return contains(text, "\"/pub\""); });
  bool seen = false;
  for (const std::string& line : lines_of(server.program().errors())) {
    if (line.rfind("{", 0) != 0) continue;  // the lines for a person at the start
    const auto object = json::parse(line).as_object();
    CHECK(object.contains("time"));
    if (text_at(object, "level") != "access" || text_at(object, "path") != "/pub") continue;
    seen = true;
    CHECK(text_at(object, "peer") == "127.0.0.1");
    CHECK(text_at(object, "method") == "POST");
    CHECK(object.at("status") == 200);
    CHECK(object.at("bytes").to_number<int>() > 100);
    CHECK(object.at("seconds").to_number<double>() >= 0);
    CHECK(object.at("upstream").is_null());
  }
  CHECK(seen);
}

// A log collector that takes objects only: it threw away the whole start, for the words that are meant for a person.
TEST_CASE("as JSON, what is said to a person at the start is objects, too, and so is a warning of a variable") {
  for (const std::string level : {"info", "error"}) {
    TestServer server({"--http", "localhost:0", "--admin", "127.0.0.1:0", "--log-format", "json", "--log-level", level},
                      {{"MARTD_MAX_SIZ", "5"}});
    server.begin_to_stop();
    CHECK(server.stop() == 0);
    const std::string said = server.program().errors();
    CAPTURE(said);
    std::string all;
    for (const std::string& line : lines_of(said)) {
      const json::object entry = json::parse(line).as_object();
      CHECK(entry.contains("time"));
      CHECK(entry.contains("level"));
      (all += text_at(entry, "message")) += '\n';
    }
    CHECK(contains(all, "room for "));
    CHECK(contains(all, "publish  curl -d hello '"));
    CHECK(contains(all, "MARTD_MAX_SIZ: no such variable") == (level == "info"));
  }
}

TEST_CASE("what the site behind answers has its line, when it is over") {
  Site site;
  TestServer server({"http://127.0.0.1:" + std::to_string(site.port), "--access-log"});
  CHECK(server.get("/page?key=hunter2").body.size() == 100'000);
  CHECK(server.get("/nothing").status == 404);
  Connection raw(server.endpoint());
  raw.send("GET /page HTTP/1.1\r\nHost: a\r\n\r\nGET /client.js HTTP/1.1\r\nHost: a\r\n\r\n");
  raw.read_answer();
  raw.read_answer();
  site.stop();
  CHECK(server.get("/gone").status == 502);
  server.program().await_errors([](const std::string& text) { return contains(text, "GET /gone"); });
  const std::string log = accesses_of(server.program().errors());
  CHECK(count_of(log, " access ") == 5);
  CHECK(count_of(log, " GET /page 200 ") == 2);
  CHECK(count_of(log, " GET /nothing 404 ") == 1);
  CHECK(count_of(log, " GET /client.js 200 ") == 1);
  CHECK(count_of(log, " GET /gone 502 ") == 1);
  CHECK_FALSE(contains(log, "hunter"));
  const std::string line = access_of(log, " /page ");
  CHECK(std::stoul(line.substr(line.find(" 200 ") + 5)) > 100'000);
  const std::string place = " 127.0.0.1:" + std::to_string(site.port);
  for (const char* path : {" /page ", " /nothing ", " /gone "}) CHECK(access_of(log, path).ends_with(place));
  CHECK(access_of(log, " /client.js ").ends_with(" -"));
}

TEST_CASE("as JSON, too, a request says where it was forwarded to") {
  Site site;
  TestServer server({"http://127.0.0.1:" + std::to_string(site.port), "--access-log", "--log-format", "json"});
  CHECK(server.get("/page?key=hunter2").status == 200);
  server.program().await_errors([](const std::string& text) { return contains(text, "\"/page\""); });
  bool seen = false;
  for (const std::string& line : lines_of(server.program().errors())) {
    if (line.rfind("{", 0) != 0 || !contains(line, "\"/page\"")) continue;
    seen = true;
    CHECK(text_at(json::parse(line).as_object(), "upstream") == "127.0.0.1:" + std::to_string(site.port));
  }
  CHECK(seen);
}

TEST_CASE("to a file, which is opened anew by SIGUSR1 after it was moved away") {
  TempFile file;
  TestServer server({"--access-log", "--log-file", file.path()});
  server.publish("news", "a");
  await("the first line", [&] { return contains(content(file.path()), "POST /pub"); });
  CHECK_FALSE(contains(server.program().errors(), "POST /pub"));

  const std::string moved = file.path() + ".1";
  std::filesystem::rename(file.path(), moved);
  server.publish("news", "b");
  await("the old file to go on", [&] { return count_of(content(moved), "POST /pub") == 2; });
  server.program().signal(SIGUSR1);
  await("the new file", [&] { return contains(content(file.path()), "log reopened"); });
  server.publish("news", "c");
  await("the new file to have it", [&] { return count_of(content(file.path()), "POST /pub") == 1; });
  CHECK(count_of(content(moved), "POST /pub") == 2);
  std::filesystem::remove(moved);
}

TEST_CASE("a reload turns it on and off") {
  TempFile log;
  TempFile file("access-log = false\n");
  TestServer server({"--config", file.path()});
  server.publish("news", "a");
  file.write("access-log = true\nlog-file = \"" + log.path() + "\"\n");
  server.program().signal(SIGHUP);
  await("a line", [&] {
    server.get("/on");
    return contains(content(log.path()), "GET /on 404");
  });
  file.write("access-log = false\nlog-file = \"" + log.path() + "\"\n");
  server.program().signal(SIGHUP);
  await("the reload", [&] { return count_of(content(log.path()), "info reloaded") == 2; });
  server.get("/off");
  CHECK_FALSE(contains(content(log.path()), "/off"));
  CHECK_FALSE(contains(content(log.path()), "POST /pub"));
}

TEST_CASE("a log file that can't be written ends the start, and a reload to one changes nothing") {
  Program program({"--http", "localhost:0", "--admin", "none", "--log-file", "/no/such/folder/log"});
  CHECK(program.await_exit() == 2);
  CHECK(lines_of(program.errors()).size() == 1);
  CHECK(contains(program.errors(), "/no/such/folder/log"));

  TempFile file("publish-secret = \"first\"\npublish-from = \"none\"\n");
  TestServer server({"--config", file.path()});
  file.write("publish-secret = \"second\"\npublish-from = \"none\"\nlog-file = \"/no/such/folder/log\"\n");
  server.program().signal(SIGHUP);
  server.program().await_errors([](const std::string& text) { return contains(text, "reload refused"); });
  CHECK(server.push("channel=news", "a", {{"Authorization", "Bearer first"}}).status == 200);
}

TEST_SUITE_END();
