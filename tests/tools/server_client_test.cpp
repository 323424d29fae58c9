#include "tools/server_client.h"

#include <doctest/doctest.h>

#include "command/command_line.h"
#include "tools/server_option.h"

namespace martd::tools {
namespace {

std::string parsed(std::string_view url) {
  const auto address = parse_server(url);
  if (!address) return "nothing";
  return (address->tls ? "tls " : "plain ") + address->host + ' ' + std::to_string(address->port) + ' ' +
         address->prefix;
}

TEST_CASE("server: what its address can be") {
  CHECK(parsed("http://localhost:54321") == "plain localhost 54321 ");
  CHECK(parsed("http://localhost") == "plain localhost 80 ");
  CHECK(parsed("https://push.example/") == "tls push.example 443 ");
  CHECK(parsed("https://push.example:8443/a/b/") == "tls push.example 8443 /a/b");
  CHECK(parsed("http://[::1]:80") == "plain ::1 80 ");
  for (const char* url : {"", "localhost", "localhost:54321", "ftp://a", "http://", "http://a:0", "http://a:99999",
                          "http://a:80:90", "http://a?b", "http://a#b", "http://u:p@a", "//a", "nonsense"}) {
    CAPTURE(url);
    CHECK(parsed(url) == "nothing");
  }
}

TEST_CASE("server: the option outranks the variable, and neither is repeated") {
  const command::Environment environment{{"MARTD_SERVER", "http://b:2"}};
  command::CommandLine line;
  CHECK(std::get<ServerOption>(server_option(line, {})).address.port == 54321);
  CHECK(std::get<ServerOption>(server_option(line, environment)).address.host == "b");
  line.values["server"] = {"http://a:1"};
  CHECK(std::get<ServerOption>(server_option(line, environment)).address.host == "a");
  line.values["server"] = {"http://me:hunter2@a:1"};
  const auto wrong = server_option(line, environment);
  REQUIRE(std::holds_alternative<command::Wrong>(wrong));
  CHECK(std::get<command::Wrong>(wrong).line.starts_with("--server: not the address of a server"));
  CHECK(std::get<command::Wrong>(wrong).line.find("hunter2") == std::string::npos);
}

TEST_CASE("answer: what went wrong, in the server's words where it has some") {
  Answer answer;
  CHECK(answer.problem() == "can't be reached");
  answer.reached = Answer::Reached::answered;
  answer.status = 403;
  CHECK(answer.problem() == "(403)");
  answer.body = "{\"error\":\"key: not that of the channel\"}";
  CHECK(answer.problem() == "key: not that of the channel (403)");
  answer.body = "<html>";
  CHECK(answer.problem() == "(403)");
}

TEST_CASE("command line: what is an option, and what follows --") {
  const command::CommandText command{"Usage: x", "", {{"one", "N", "", "", false}, {"flag", "", "", "", false}}};
  const auto read = command::read_command_line(command, {"a", "--one=", "b", "--flag", "-", "", "--", "--one", "--"});
  REQUIRE(std::holds_alternative<command::CommandLine>(read));
  const command::CommandLine& line = std::get<command::CommandLine>(read);
  CHECK(line.arguments == std::vector<std::string>{"a", "b", "-", "", "--one", "--"});
  CHECK(line.values.at("one") == std::vector<std::string>{""});
  CHECK(line.values.contains("flag"));
  CHECK(std::holds_alternative<command::Wrong>(command::read_command_line(command, {"--flag=x"})));
  CHECK(std::holds_alternative<command::Wrong>(command::read_command_line(command, {"--one"})));
  CHECK(std::holds_alternative<command::Shown>(command::read_command_line(command, {"-h"})));
  // The next option was once taken for the value, and the complaint was about what came after it.
  const auto missing = command::read_command_line(command, {"--one", "--flag", "x"});
  REQUIRE(std::holds_alternative<command::Wrong>(missing));
  CHECK(std::get<command::Wrong>(missing).line.starts_with("--one: a value is missing"));
  const auto alike = command::read_command_line(command, {"--one", "--no", "--flag"});
  REQUIRE(std::holds_alternative<command::CommandLine>(alike));
  CHECK(std::get<command::CommandLine>(alike).values.at("one") == std::vector<std::string>{"--no"});
  CHECK(std::holds_alternative<command::CommandLine>(command::read_command_line(command, {"--one=--flag"})));
}

}  // namespace
}  // namespace martd::tools
