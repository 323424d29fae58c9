#include "tools/publish_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <variant>

#include "base/percent.h"
#include "base/utf8.h"
#include "process/input.h"
#include "tools/client_command.h"
#include "tools/progress.h"
#include "tools/server_client.h"
#include "tools/server_option.h"

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

}  // namespace

const command::CommandText& publish_command_text() {
  constexpr std::string_view kWhat = "The message";
  constexpr std::string_view kChannel = "The channel; each push sets all of it again";
  static const command::CommandText text{
      kUsage,
      kFooter,
      {
          kServerOption,
          kInsecureOption,
          kAuthoritiesOption,
          kEndpointOption,
          kSecretOption,
          {"json", "", kServerGroup, "print the server's answers, a line each"},
          {"id", "ID", kWhat, "your own; pushed again with it, it stays one message"},
          {"event", "NAME", kWhat, "event name for event streams"},
          {"type", "TYPE", kWhat,
           "its content type (text/plain in UTF-8, or\napplication/octet-stream where it isn't)"},
          {"expire", "DURATION", kWhat, "a life shorter than the channel's"},
          {"also", "CHANNEL", kChannel, "a further channel, repeatable; all get the message\nor none", true},
          {"size", "N", kChannel, "messages kept (10)"},
          {"life", "DURATION", kChannel, "how long each is kept: 90s, 10m, 7d (1h)"},
          {"one2one", "", kChannel, "one subscriber at most"},
          {"key", "KEY", kChannel, "what later pushes must bring"},
      },
  };
  return text;
}

namespace {

std::vector<std::string> channels(const command::CommandLine& line) {
  std::vector<std::string> names{line.arguments[0]};
  if (const auto also = line.values.find("also"); also != line.values.end())
    names.insert(names.end(), also->second.begin(), also->second.end());
  return names;
}

std::string target(const command::CommandLine& line) {
  std::string out = "/pub?";
  for (const std::string& name : channels(line))
    out += (out.back() == '?' ? "channel=" : "&channel=") + encode_component(name);
  for (const std::string_view name : {"size", "life", "one2one", "key", "expire", "event", "id"}) {
    const auto given = line.values.find(name);
    if (given == line.values.end()) continue;
    out += '&' + std::string(name) + '=' + encode_component(given->second[0]);
  }
  return out;
}

bool is_content_type(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

/// Publishes over one connection, message by message.
class Publisher {
 public:
  /// `type`: of the messages; empty: by what they are.
  Publisher(const ServerOption& server, std::string where, const std::string& secret, std::string type, bool json)
      : server_(server.url), client_(server.address, server.certificate), type_(std::move(type)), json_(json) {
    request_.method = "POST";
    request_.target = std::move(where);
    if (!secret.empty()) request_.headers.emplace_back("Authorization", "Bearer " + secret);
    request_.headers.emplace_back("Content-Type", "");
  }

  /// Why it wasn't accepted; nothing: it was.
  std::optional<std::string> publish(std::string payload) {
    request_.headers.back().second = !type_.empty()     ? type_
                                     : is_utf8(payload) ? "text/plain; charset=utf-8"
                                                        : "application/octet-stream";
    request_.body = std::move(payload);
    const Answer answer = client_.ask(request_);
    if (answer.reached != Answer::Reached::answered) return server_ + ": " + answer.problem();
    if (answer.status != 200) return "refused: " + answer.problem();
    if (!json_) return std::nullopt;
    const std::string_view end = answer.body.ends_with('\n') ? "" : "\n";
    std::fwrite(answer.body.data(), 1, answer.body.size(), stdout);
    std::fwrite(end.data(), 1, end.size(), stdout);
    if (std::fflush(stdout) != 0) return "standard output can't be written";
    return std::nullopt;
  }

 private:
  std::string server_;
  ServerClient client_;
  ClientRequest request_;
  std::string type_;
  bool json_;
};

constexpr const char* kUnreadable = "standard input can't be read: ";

int not_accepted(const std::string& problem) {
  say(problem);
  return 1;
}

/// On a terminal, standard error has a line that says how far it is; not where the messages are typed there.
int publish_lines(Publisher& publisher) {
  const bool shown = ::isatty(STDERR_FILENO) != 0 && ::isatty(STDIN_FILENO) == 0;
  Progress progress(Progress::Clock::now());
  const auto show = [&](const std::string& text) {
    if (shown) std::fputs(text.c_str(), stderr);
  };
  LineReader lines(STDIN_FILENO);
  for (std::size_t number = 1; auto text = lines.next(); ++number) {
    // Of a file with CR LF at its line ends, an empty line has the CR.
    if (text->empty() || *text == "\r") continue;
    if (const auto problem = publisher.publish(*std::move(text))) {
      show(progress.clear());
      return not_accepted("line " + std::to_string(number) + ": " + *problem);
    }
    show(progress.sent(Progress::Clock::now()));
  }
  if (!lines.problem().empty()) {
    show(progress.clear());
    return not_accepted(kUnreadable + lines.problem());
  }
  show(progress.summary(Progress::Clock::now()));
  return 0;
}

int run(const command::CommandLine& line, const command::Environment& environment) {
  if (line.arguments.empty()) return wrong_use("CHANNEL is missing (taken: martd pub CHANNEL [MESSAGE | -])");
  if (line.arguments.size() > 2) return wrong_use("more than one MESSAGE (taken: one, in quotes where it has spaces)");
  const auto server = server_option(line, environment);
  if (const auto* wrong = std::get_if<command::Wrong>(&server)) return wrong_use(wrong->line);
  const bool by_line = line.arguments.size() == 2 && line.arguments[1] == "-";
  if (by_line && line.values.contains("id")) return wrong_use("--id: names one message (taken: not with -)");
  const auto secret = secret_option(line, environment);
  if (const auto* wrong = std::get_if<command::Wrong>(&secret)) return wrong_use(wrong->line);
  const std::string type = value_or(line, "type", "");
  if (!is_content_type(type)) return wrong_use("--type: not a content type (taken: visible ASCII, as text/plain)");

  for (const std::string& channel : channels(line)) {
    if (refuse_channel(channel)) return 1;
  }

  Publisher publisher(std::get<ServerOption>(server), target(line), std::get<std::string>(secret), type,
                      line.values.contains("json"));
  if (by_line) return publish_lines(publisher);
  std::string message;
  if (line.arguments.size() == 2) {
    message = line.arguments[1];
  } else {
    auto read = read_whole(STDIN_FILENO, std::string::npos);
    if (const auto* unread = std::get_if<Unread>(&read)) return not_accepted(kUnreadable + unread->why);
    message = std::get<std::string>(std::move(read));
  }
  if (const auto problem = publisher.publish(std::move(message))) return not_accepted(*problem);
  return 0;
}

}  // namespace

int publish_command(const std::vector<std::string>& arguments, const command::Environment& environment) {
  return client_command(publish_command_text(), arguments, environment, run);
}

}  // namespace martd::tools
