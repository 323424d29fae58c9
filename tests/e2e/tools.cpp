// Section 8 of the contract: `martd pub` and `martd sub`.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/program.h"
#include "support/streams.h"
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
