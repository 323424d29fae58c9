#include "tools/publish_command.h"

#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "push/utf8.h"
#include "tools/server_client.h"
#include "tools/server_option.h"
#include "wire/text.h"

namespace martd::tools {
namespace {

constexpr std::string_view kUsage =
    "Usage: martd pub CHANNEL [MESSAGE | -] [options]\n"
    "\n"
    "Publishes MESSAGE; without one, standard input whole; with -, each line of standard input (empty lines are\n"
    "skipped). An empty message ('') sets the channel's attributes and is sent to nobody. What begins with - is a\n"
    "message after --.";

constexpr std::string_view kFooter =
    "Exit code: 0 all accepted; 1 refused (the reason is on standard error) or the server is away; 2 wrong use.\n"
    "The first line that is refused ends it.";

const CommandText& command() {
  constexpr std::string_view kWhat = "The message";
  constexpr std::string_view kChannel = "The channel; each push sets all of it again";
  static const CommandText text{
      kUsage,
      kFooter,
      {
          kServerOption,
          {"secret", "SECRET", kServerGroup, "the server's --publish-secret; better given as\nMARTD_PUBLISH_SECRET"},
          {"json", "", kServerGroup, "print the server's answers, a line each"},
          {"id", "ID", kWhat, "your own; pushed again with it, it stays one message"},
          {"event", "NAME", kWhat, "event name for event streams"},
          {"expire", "DURATION", kWhat, "a life shorter than the channel's"},
          {"size", "N", kChannel, "messages kept (10)"},
          {"life", "DURATION", kChannel, "how long each is kept: 90s, 10m, 7d (1h)"},
          {"one2one", "", kChannel, "one subscriber at most"},
          {"key", "KEY", kChannel, "what later pushes must bring"},
      },
  };
  return text;
}

int wrong_use(const std::string& line) {
  std::fprintf(stderr, "martd: %s\n", line.c_str());
  return 2;
}

std::string target(const CommandLine& line) {
  std::string out = "/pub?channel=" + wire::encode_component(line.arguments[0]);
  for (const std::string_view name : {"size", "life", "one2one", "key", "expire", "event", "id"}) {
    const auto given = line.values.find(name);
    if (given == line.values.end()) continue;
    out += '&' + std::string(name) + '=' + wire::encode_component(given->second[0]);
  }
  return out;
}

/// Publishes over one connection, message by message.
class Publisher {
 public:
  Publisher(const ServerOption& server, std::string where, const std::string& secret, bool json)
      : server_(server.url), client_(server.address), json_(json) {
    request_.method = "POST";
    request_.target = std::move(where);
    if (!secret.empty()) request_.headers.emplace_back("Authorization", "Bearer " + secret);
    request_.headers.emplace_back("Content-Type", "");
  }

  /// False: it wasn't accepted, and standard error says why. `which` stands before it: `line 3: `.
  bool publish(std::string payload, const std::string& which) {
    request_.headers.back().second = push::is_utf8(payload) ? "text/plain; charset=utf-8" : "application/octet-stream";
    request_.body = std::move(payload);
    const Answer answer = client_.ask(request_);
    if (answer.reached != Answer::Reached::answered) {
      std::fprintf(stderr, "martd: %s%s: %s\n", which.c_str(), server_.c_str(), answer.problem().c_str());
      return false;
    }
    if (answer.status != 200) {
      std::fprintf(stderr, "martd: %srefused: %s\n", which.c_str(), answer.problem().c_str());
      return false;
    }
    if (!json_) return true;
    const std::string_view end = answer.body.ends_with('\n') ? "" : "\n";
    std::fwrite(answer.body.data(), 1, answer.body.size(), stdout);
    std::fwrite(end.data(), 1, end.size(), stdout);
    return std::fflush(stdout) == 0;
  }

 private:
  std::string server_;
  ServerClient client_;
  ClientRequest request_;
  bool json_;
};

int publish_lines(Publisher& publisher) {
  std::string text;
  for (std::size_t number = 1; std::getline(std::cin, text); ++number) {
    if (text.empty()) continue;
    if (!publisher.publish(std::move(text), "line " + std::to_string(number) + ": ")) return 1;
    text.clear();
  }
  return 0;
}

}  // namespace

int publish_command(const std::vector<std::string>& arguments, const Environment& environment) {
  auto read = read_command_line(command(), arguments);
  if (const auto* shown = std::get_if<Shown>(&read)) {
    std::fputs(shown->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<Wrong>(&read)) return wrong_use(wrong->line);
  const CommandLine& line = std::get<CommandLine>(read);
  if (line.arguments.empty()) return wrong_use("CHANNEL is missing (taken: martd pub CHANNEL [MESSAGE | -])");
  if (line.arguments.size() > 2) return wrong_use("more than one MESSAGE (taken: one, in quotes where it has spaces)");
  const auto server = server_option(line, environment);
  if (const auto* wrong = std::get_if<Wrong>(&server)) return wrong_use(wrong->line);
  const bool by_line = line.arguments.size() == 2 && line.arguments[1] == "-";
  if (by_line && line.values.contains("id")) return wrong_use("--id: names one message (taken: not with -)");
  std::string secret = variable(environment, "MARTD_PUBLISH_SECRET");
  if (const auto given = line.values.find("secret"); given != line.values.end()) secret = given->second[0];
  if (!is_header_value(secret)) return wrong_use("--secret: can't be sent in a header (taken: visible ASCII)");

  if (refuse_channel(line.arguments[0])) return 1;

  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  Publisher publisher(std::get<ServerOption>(server), target(line), secret, line.values.contains("json"));
  if (by_line) return publish_lines(publisher);
  std::string message;
  if (line.arguments.size() == 2) {
    message = line.arguments[1];
  } else {
    message.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  return publisher.publish(std::move(message), "") ? 0 : 1;
}

}  // namespace martd::tools
