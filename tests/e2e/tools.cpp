// Section 8 of the contract: `martd pub` and `martd sub`.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/program.h"
#include "support/streams.h"
#include "support/temp_file.h"
#include "support/test_server.h"
#include "support/text.h"

using namespace martd::test;

namespace {

/// The tools, told which server.
struct ToolsTest : DefaultServer {
  std::vector<std::string> with_server(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--server", server.endpoint().url()});
    return arguments;
  }

  int run(const std::vector<std::string>& arguments, const std::string& input = "") const {
    Program tool(with_server(arguments), {}, input);
    int code = tool.await_exit();
    CHECK(tool.sanitizer_report() == "");
    if (code != 0) CHECK(tool.errors() != "");
    if (code == 2) CHECK(lines_of(tool.errors()).size() == 1);
    return code;
  }

  json::array kept() const {
    return server.poll("news=0&.wait=0").parsed().at("channels").at("news").at("payload").as_array();
  }
};

void await_line(const Program& tool, const std::string& line) {
  tool.await_output([&](const std::string& text) { return contains("\n" + text, "\n" + line + "\n"); });
}

}  // namespace

TEST_SUITE_BEGIN("tools");

TEST_CASE_FIXTURE(ToolsTest, "pub sends its message") {
  CHECK(run({"pub", "news", "hello, wörld"}) == 0);
  CHECK(kept() == json::array{"hello, wörld"});
}

TEST_CASE_FIXTURE(ToolsTest, "pub without a message sends standard input whole") {
  CHECK(run({"pub", "news"}, "two\nlines\n") == 0);
  CHECK(kept() == json::array{"two\nlines\n"});
}

TEST_CASE_FIXTURE(ToolsTest, "pub with a dash sends each line of standard input, without the empty ones") {
  CHECK(run({"pub", "news", "-"}, "one\n\ntwo\n\n\nthree") == 0);
  CHECK(kept() == json::array{"one", "two", "three"});
}

// A list that was written on Windows: each empty line became a message of one byte.
TEST_CASE_FIXTURE(ToolsTest, "pub with a dash skips the empty lines of a file with CR LF, too") {
  CHECK(run({"pub", "news", "-"}, "one\n\r\n\r\ntwo\n\r\n") == 0);
  CHECK(kept() == json::array{"one", "two"});
}

TEST_CASE_FIXTURE(ToolsTest, "pub takes the server from the environment") {
  Program tool({"pub", "news", "hello"}, {{"MARTD_SERVER", server.endpoint().url()}});
  CHECK(tool.await_exit() == 0);
  CHECK(kept() == json::array{"hello"});
}

TEST_CASE_FIXTURE(ToolsTest, "pub that is refused, or finds no server, ends with 1") {
  server.publish("keyed", "x", "key=secret");
  CHECK(run({"pub", "keyed", "y"}) == 1);
  server.stop();
  CHECK(run({"pub", "news", "y"}) == 1);
}

TEST_CASE_FIXTURE(ToolsTest, "tools that are used wrongly end with 2") {
  CHECK(run({"pub"}) == 2);
  CHECK(run({"sub"}) == 2);
  CHECK(run({"pub", "news", "a", "b"}) == 2);
  CHECK(run({"pub", "news", "a", "--no-such-option"}) == 2);
  CHECK(run({"sub", "news", "--since", "yesterday"}) == 2);
  CHECK(Program({"pub", "news", "a", "--server", "nonsense"}).await_exit() == 2);
}

TEST_CASE_FIXTURE(ToolsTest, "sub prints what is kept and what comes, a message a line") {
  server.publish("news", "a");
  Program follower(with_server({"sub", "news"}));
  await_line(follower, "a");
  server.publish("news", "b");
  server.publish("news", "c");
  await_line(follower, "c");
  CHECK(follower.output() == "a\nb\nc\n");
}

TEST_CASE_FIXTURE(ToolsTest, "sub starts where it is told") {
  std::string a = server.publish("news", "a");
  server.publish("news", "b");
  Program after(with_server({"sub", "news", "--since", a}));
  await_line(after, "b");
  Program now(with_server({"sub", "news", "--since", "now"}));
  server.await_subscribers("news", 2);
  server.publish("news", "c");
  await_line(now, "c");
  await_line(after, "c");
  CHECK(now.output() == "c\n");
  CHECK(after.output() == "b\nc\n");
}

TEST_CASE_FIXTURE(ToolsTest, "sub of several channels prints the channel before each message") {
  server.publish("news", "a");
  server.publish("the weather", "b");
  Program follower(with_server({"sub", "news", "the weather"}));
  await_line(follower, "news\ta");
  await_line(follower, "the weather\tb");
}

TEST_CASE_FIXTURE(ToolsTest, "sub prints the objects of the line stream where that is asked for") {
  std::string a = server.publish("news", "a\nb", "size=1");
  server.publish("news", "c", "size=1");
  server.publish("news", "d", "size=1");
  Program follower(with_server({"sub", "news", "--json", "--since", a}));
  follower.await_output([](const std::string& text) { return contains(text, "\"d\""); });
  auto lines = lines_of(follower.output());
  REQUIRE(lines.size() == 2);
  CHECK(json::parse(lines[0]) == json::value{{"channel", "news"}, {"etag", plus(a, 1)}, {"missed", 1}});
  CHECK(text_at(json::parse(lines[1]), "etag") == plus(a, 2));
}

TEST_CASE_FIXTURE(ToolsTest, "sub that is refused for good ends with 1") {
  server.set("room", "one2one=1");
  EventStream first(server.endpoint(), "room=now");
  CHECK(run({"sub", "room"}) == 1);
}

TEST_CASE_FIXTURE(ToolsTest, "pub to several channels, all or none, with a type, an event and an id") {
  CHECK(run({"pub", "a", "x", "--also", "b c", "--also", "d", "--type", "text/x-test", "--event", "tick", "--id",
             "1"}) == 0);
  CHECK(run({"pub", "d", "x", "--id", "1"}) == 0);
  LineStream stream(server.endpoint(), "b%20c=0&d=0");
  for (int i = 0; i < 2; ++i) {
    const auto line = stream.next();
    CHECK(text_at(line, "type") == "text/x-test");
    CHECK(text_at(line, "event") == "tick");
  }
  server.publish("locked", "x", "key=k");
  CHECK(run({"pub", "news", "x", "--also", "locked"}) == 1);
  CHECK(server.inspection("news").status == 404);
  CHECK(run({"pub", "news", "x", "--type", "a\nb"}) == 2);
}

TEST_CASE_FIXTURE(ToolsTest, "tools take the names that the Python scripts have for the server and the etag") {
  const std::string endpoint = server.endpoint().authority();
  CHECK(Program({"pub", "news", "a", "--endpoint", endpoint}).await_exit() == 0);
  const std::string etag = server.newest("news");
  server.publish("news", "b");
  Program follower({"sub", "news", "--endpoint", endpoint, "--etag", etag, "--count", "1"});
  CHECK(follower.await_exit() == 0);
  CHECK(follower.output() == "b\n");
}

TEST_CASE_FIXTURE(ToolsTest, "sub ends after as many messages as it was asked for, and pub sends the secret") {
  for (const char* payload : {"a", "b", "c"}) server.publish("news", payload);
  Program follower(with_server({"sub", "news", "--count", "2"}));
  CHECK(follower.await_exit() == 0);
  CHECK(follower.output() == "a\nb\n");

  TestServer closed({"--publish-from", "none", "--publish-secret", "hunter2"});
  const std::string url = closed.endpoint().url();
  CHECK(Program({"pub", "news", "a", "--server", url, "--secret", "hunter2"}).await_exit() == 0);
  CHECK(Program({"pub", "news", "a", "--server", url}, {{"MARTD_PUBLISH_SECRET", "hunter2"}}).await_exit() == 0);
  Program refused({"pub", "news", "a", "--server", url, "--secret", "hunter3"});
  CHECK(refused.await_exit() == 1);
  CHECK_FALSE(contains(refused.errors(), "hunter"));
}

TEST_CASE_FIXTURE(ToolsTest, "sub runs a command for each message, in their order, and the shell reads none of it") {
  const std::string nasty = "$(echo no) `echo no` '\" ; echo no\n";
  server.publish("news", nasty, "event=" + percent_encoded("$(echo no)"));
  server.publish("news", "second");
  Program follower(with_server({"sub", "news", "--count", "2", "--exec",
                                "printf '[%s %s]' \"$MARTD_CHANNEL\" \"$MARTD_EVENT\"; cat; echo \"=$MARTD_ETAG\""}));
  CHECK(follower.await_exit() == 0);
  const std::string newest = server.newest("news");
  CHECK(follower.output() == "[news $(echo no)]" + nasty + "=" + plus(newest, -1) + "\n[news ]second=" + newest + "\n");
}

TEST_CASE_FIXTURE(ToolsTest, "sub goes on after a command that failed, says so, and ends with 1") {
  server.publish("news", "a");
  server.publish("news", "b");
  Program follower(
      with_server({"sub", "news", "--count", "2", "--json", "--exec", "cat; grep -q '\"b\"' <&-; exit 7"}));
  CHECK(follower.await_exit() == 1);
  CHECK(count_of(follower.output(), "\"payload\":") == 2);
  CHECK(count_of(follower.errors(), "the command ended with 7") == 2);
}

TEST_CASE("https: a certificate that is trusted, one that isn't, one for another name, and --insecure") {
  TestServer server({"--http", "none", "--https", "localhost:0"});
  const std::string port = std::to_string(server.listening("https").at(0).port);
  const std::string url = "https://localhost:" + port;
  const TempFile authority(Connection(server.endpoint()).certificate());
  const Program::Environment trust{{"SSL_CERT_FILE", authority.path()}};
  const auto pub = [&](const std::vector<std::string>& more, const Program::Environment& environment) {
    std::vector<std::string> arguments{"pub", "news", "a"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Program(arguments, environment).await_exit();
  };
  CHECK(pub({"--server", url}, trust) == 0);
  CHECK(pub({"--server", "https://127.0.0.1:" + port}, trust) == 0);
  CHECK(pub({"--server", url, "--cafile", trust[0].second}, {}) == 0);
  CHECK(pub({"--server", url, "--cafile", std::string(MARTD_SOURCE) + "/README.md"}, {}) == 2);
  CHECK(pub({"--server", url, "--cafile", "/none/at/all"}, trust) == 2);
  CHECK(pub({"--server", url}, {}) == 1);
  CHECK(pub({"--server", "https://ip6-localhost:" + port}, trust) == 1);
  CHECK(pub({"--server", url, "--insecure"}, {}) == 0);
  Program untrusting({"sub", "news", "--server", url});
  CHECK(untrusting.await_exit() == 1);
  CHECK(contains(untrusting.errors(), "certificate"));
  Program follower({"sub", "news", "--server", url, "--count", "3"}, trust);
  CHECK(follower.await_exit() == 0);
  Program careless({"sub", "news", "--server", url, "--count", "3", "--insecure"});
  CHECK(careless.await_exit() == 0);
}

TEST_CASE("--check-config: one line and its exit code") {
  TempFile right("max-size = 3\n");
  Program good({"--check-config", "--config", right.path()});
  CHECK(good.await_exit() == 0);
  CHECK(good.output() == "the configuration is right: " + right.path() + "\n");
  CHECK(good.errors() == "");
  TempFile wrong("max-siez = 3\n");
  Program bad({"--check-config", "--config", wrong.path()});
  CHECK(bad.await_exit() == 2);
  CHECK(lines_of(bad.errors()).size() == 1);
  CHECK(contains(bad.errors(), "nearest: max-size"));
  TempFile certificate("no certificate");
  Program certificates(
      {"--check-config", "--https", "localhost:0", "--cert", certificate.path(), "--cert-key", certificate.path()});
  CHECK(certificates.await_exit() == 2);
  CHECK(contains(certificates.errors(), certificate.path()));
}

TEST_CASE("sub waits for the server, and goes on where it stood after a break") {
  std::string address;
  std::string url;
  {
    TestServer first;
    address = first.endpoint().authority();
    url = first.endpoint().url();
  }
  Program follower({"sub", "news", "--server", url, "--json"});
  {
    TestServer second({"--http", address});
    second.await_subscribers("news", 1);
    second.publish("news", "a");
    follower.await_output([](const std::string& text) { return contains(text, "\"a\""); });
  }
  TestServer third({"--http", address});
  third.publish("news", "b");
  follower.await_output([](const std::string& text) { return contains(text, "\"b\""); });
  std::string told;
  for (auto& line : lines_of(follower.output())) {
    auto object = json::parse(line).as_object();
    if (object.contains("missed")) told += "[missed " + json::serialize(object.at("missed")) + "] ";
    if (object.contains("payload")) told += text_at(object, "payload") + " ";
  }
  CHECK(told == "a [missed true] b ");  // without a store nobody knows that the restart cost nothing
}

TEST_SUITE_END();
