// A bare machine: few files, few threads, small files, closed streams, files that can't be read. What can't be had is
// said in one line, and nothing ends by a signal.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "admin_server.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

/// The exit code and the one line that was said. `before` as Program has it.
struct Ended {
  int code;
  std::string line;
};

Ended ended(const Program::Arguments& arguments, const std::string& before = {}, const std::string& input = {}) {
  Program program(arguments, {}, input, before);
  const int code = program.await_exit();
  CAPTURE(program.errors());
  CHECK(lines_of(program.errors()).size() == 1);
  CHECK(program.errors().starts_with("martd: "));
  CHECK(program.sanitizer_report() == "");
  return {code, program.errors()};
}

/// What the server says there is room for.
std::size_t room_of(const Program& program) {
  program.await_errors([](const std::string& text) { return contains(text, " open files)"); });
  const std::string said = program.errors();
  return std::stoul(said.substr(said.find("room for ") + 9));
}

bool is_answered(Connection& client) { return client.ask("GET", "/sub?news=0&.wait=0").read_answer().status == 200; }

}  // namespace

TEST_SUITE_BEGIN("operating");

// `martd pub news < FOLDER`, and a cron job that closes standard input: both ended by a signal, with four lines of C++
// for the operator. With `-` it was worse: nothing was sent, and the exit code said that all was well.
TEST_CASE("standard input that can't be read is said by pub, in a line") {
  const DefaultServer test;
  const std::string server = test.server.endpoint().url();
  for (const std::string before : {"exec </tmp", "exec <&-", "exec 0>/dev/null"})
    for (const std::string dash : {"-", ""}) {
      CAPTURE(before);
      CAPTURE(dash);
      Program::Arguments arguments{"pub", "news", "--server", server};
      if (!dash.empty()) arguments.insert(arguments.begin() + 2, dash);
      const Ended end = ended(arguments, before);
      CHECK(end.code == 1);
      CHECK(contains(end.line, "standard input can't be read: "));
    }
  CHECK(test.server.get("/pub?channel=news").status == 404);
}

TEST_CASE("standard input that can't be read is said by store import, in a line") {
  const TempFile file;
  std::filesystem::remove(file.path());
  for (const std::string before : {"exec </tmp", "exec <&-"}) {
    CAPTURE(before);
    CHECK(ended({"store", "import", file.path()}, before).code == 1);
  }
  for (const char* more : {"-wal", "-shm", ".lock", ".reserve"}) std::filesystem::remove(file.path() + more);
}

// A supervisor that closed standard error: the next thing that was opened got its number, and the log was written into
// the store.
TEST_CASE("a server whose standard streams are closed runs, and writes into nothing of its own") {
  const TempFile store;
  std::filesystem::remove(store.path());
  {
    TestServer server({"--store", store.path(), "--access-log", "--log-level", "debug"}, {}, "exec <&- 2>&-");
    for (int i = 0; i < 50; ++i) server.publish("news", std::to_string(i), "size=100");
    CHECK(server.inspect("news").at("messages") == 50);
  }
  Program check({"store", "check", store.path()});
  CHECK(check.await_exit() == 0);
  CHECK(contains(check.output(), "50 messages"));
  for (const char* more : {"-wal", "-shm", ".lock", ".reserve"}) std::filesystem::remove(store.path() + more);
}

TEST_CASE("sub that can't write its messages says so") {
  const DefaultServer test;
  test.server.publish("news", "a");
  CHECK(ended({"sub", "news", "--server", test.server.endpoint().url()}, "exec >&-").code == 1);
  CHECK(ended({"sub", "news", "--server", test.server.endpoint().url()}, "exec >/dev/full").code == 1);
}

// In a container with a small limit it said "room for 15 connections", and the first was never accepted.
TEST_CASE("with few open files it says in a line that they are too few, or keeps what it says there is room for") {
  bool refused = false, served = false;
  for (int files = 5; files <= 60; ++files) {
    CAPTURE(files);
    Program server({"--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "2"}, {}, {},
                   "ulimit -n " + std::to_string(files));
    try {
      server.await_output([](const std::string& text) { return contains(text, "ready\n"); });
    } catch (const std::exception&) {
      CHECK(server.await_exit() == 2);
      CAPTURE(server.errors());
      CHECK(lines_of(server.errors()).size() == 1);
      CHECK(server.errors().starts_with("martd: "));
      refused = true;
      continue;
    }
    served = true;
    const std::size_t room = room_of(server);
    CHECK(room >= 1);
    const auto port_of = [&](const std::string& kind) {
      const std::string said = server.output();
      const std::string start = "listening " + kind + " 127.0.0.1:";
      return static_cast<std::uint16_t>(std::stoi(said.substr(said.find(start) + start.size())));
    };
    std::vector<Connection> clients;
    for (std::size_t i = 0; i < room; ++i) {
      clients.emplace_back(Endpoint{"127.0.0.1", port_of("http")});
      CHECK(is_answered(clients.back()));
    }
    for (Connection& client : clients) CHECK(is_answered(client));
    CHECK(Client(Endpoint{"127.0.0.1", port_of("admin")}).get("/healthz").status == 200);
    clients.clear();  // the end waits 3 s for those that don't end their side
    server.signal(SIGTERM);
    CHECK(server.await_exit() == 0);
  }
  CHECK(refused);
  CHECK(served);
}

// `docker run --pids-limit 4`: an abort, by an exception that nobody caught.
TEST_CASE("with few threads it says in a line that they are too few, or runs") {
  // The limit counts for others than root only. A sanitizer's look for leaks takes a thread of its own at the end.
  const auto as_another = [](int most) {
    return "export ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\"; exec prlimit --nproc=" + std::to_string(most) +
           " setpriv --reuid 65533 --clear-groups \"$0\" \"$@\"";
  };
  Program able({"--version"}, {}, {}, as_another(100));
  if (able.await_exit() != 0) {
    MESSAGE("not tried: the program can't be run as another user (taken: root, util-linux, a path all may read)");
    return;
  }
  bool refused = false, served = false;
  for (int threads = 1; threads <= 9; ++threads) {
    CAPTURE(threads);
    const TempFile store;
    std::filesystem::remove(store.path());
    Program server({"--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "3", "--store", store.path()}, {},
                   {}, as_another(threads));
    bool ready = true;
    try {
      server.await_output([](const std::string& text) { return contains(text, "ready\n"); });
    } catch (const std::exception&) {
      ready = false;
    }
    if (ready) {
      served = true;
      // Its threads that answer are made when they are asked for; without one, it answers by itself.
      const std::string said = server.output();
      const std::string start = "listening admin 127.0.0.1:";
      const auto port = static_cast<std::uint16_t>(std::stoi(said.substr(said.find(start) + start.size())));
      CHECK(Client(Endpoint{"127.0.0.1", port}).get("/healthz").status == 200);
      server.signal(SIGTERM);
      CHECK(server.await_exit() == 0);
    } else {
      refused = true;
      CHECK(server.await_exit() == 2);
      CHECK(contains(server.errors(), "martd: can't start: "));
    }
    for (const char* more : {"-wal", "-shm", ".lock", ".reserve"}) std::filesystem::remove(store.path() + more);
  }
  CHECK(refused);
  CHECK(served);
}

// A limit on the size of files, which some service managers set: the log reached it, and the server was gone.
TEST_CASE("a log that has reached the limit of a file's size ends nothing") {
  const TempFile log;
  TestServer server({"--log-file", log.path(), "--access-log"}, {}, "ulimit -f 8");
  for (int i = 0; i < 200; ++i) CHECK(server.get("/some/longer/path/so/that/the/file/is/soon/full").status == 404);
  CHECK(std::filesystem::file_size(log.path()) <= 8 * 1024);
  CHECK(server.publish("news", "a") != "");
}

TEST_CASE("a store that has reached the limit of a file's size counts as a full disk") {
  const TempFile store;
  std::filesystem::remove(store.path());
  {
    AdminServer server({"--store", store.path()});
    server.publish("news", "kept");
  }
  {
    TestServer server({"--store", store.path(), "--admin", "127.0.0.1:0"}, {}, "ulimit -f 2048");  // 1 or 2 MB
    const std::string large(64 << 10, 'x');
    int status = 200;
    for (int i = 0; i < 100 && status == 200; ++i) status = server.push("channel=much&size=1000", large).status;
    CHECK(status == 503);
    CHECK(contains(server.push("channel=much&size=1000", large).body, "the disk is full"));
    CHECK(server.kept("news") == "kept");
    CHECK(server.clear("much").status == 200);
    await("pushes to be taken again", [&] { return server.push("channel=much&size=1000", large).status == 200; });
  }
  for (const char* more : {"-wal", "-shm", ".lock", ".reserve"}) std::filesystem::remove(store.path() + more);
}

// A disk that failed while the file was read: the server ran with no configuration at all, so with no secret.
TEST_CASE("files of options that can't be read are named in a line, whatever the reason") {
  const std::string folder = std::filesystem::temp_directory_path();
  for (const std::string& file :
       {folder, std::string("/proc/self/mem"), std::string("/nowhere/at/all"), std::string()}) {
    CAPTURE(file);
    for (const std::string option : {"--config", "--admin-token-file", "--store", "--log-file", "--cert"}) {
      CAPTURE(option);
      if (file == "/proc/self/mem" && (option == "--log-file" || option == "--store")) continue;
      Program::Arguments arguments{"--http", "none", "--admin", "none", option, file};
      if (option == "--cert") arguments.insert(arguments.end(), {"--cert-key", file});
      const Ended end = ended(arguments);
      CHECK(end.code == 2);
      CHECK(contains(end.line, option));
    }
  }
  // Nothing there is nothing said, and is taken.
  TestServer server({"--config", "/dev/null"});
  CHECK(server.get("/").status == 200);
}

// `--store "$STORE"` in a script, and the variable was never set: it kept nothing, and said so nowhere.
TEST_CASE("an option with nothing in it is refused, a variable with nothing in it isn't set") {
  for (const std::string option : {"--store", "--http", "--publish-secret", "--cert", "--upstream", "--origin",
                                   "--prefix", "--threads", "--log-file", "--publish-from", "--heartbeat"}) {
    CAPTURE(option);
    const Ended end = ended({option, ""});
    CHECK(end.code == 2);
    CHECK(contains(end.line, option + ": empty (taken: "));
    CHECK(ended({option + "="}).code == 2);
  }
  const TempFile file("store = \"\"\n");
  CHECK(contains(ended({"--config", file.path()}).line, "store: empty (taken: FILE"));
  TestServer server({}, {{"MARTD_STORE", ""}, {"MARTD_PUBLISH_SECRET", ""}, {"MARTD_UPSTREAM", ""}});
  CHECK(server.get("/").status == 200);
}
