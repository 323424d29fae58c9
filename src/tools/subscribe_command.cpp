#include "tools/subscribe_command.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include "tools/client_command.h"
#include "tools/message_command.h"
#include "tools/server_client.h"
#include "tools/server_option.h"
#include "tools/subscription.h"

namespace martd::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kUsage =
    "Usage: martd sub CHANNEL... [options]\n"
    "\n"
    "Follows channels and prints each message as it comes, a line each, the channel and a tab before it where there\n"
    "are several. After any break it resumes where it was, by etag; it waits for a server that is away. What happens\n"
    "besides (a break, messages that are gone) is said on standard error.";

constexpr std::string_view kFooter =
    "It goes on until it is interrupted, as tail -f does (every line is written out at once).\n"
    "Commands of --exec run one after another. One that fails is said on standard error, and the next one runs.\n"
    "Exit code: 0 after --count messages, or when nobody reads its output any more; 1 refused for good (the reason is\n"
    "on standard error), ended by the server because another took the channel, or after --count messages of which a\n"
    "command failed; 2 wrong use.";

}  // namespace

const command::CommandText& subscribe_command_text() {
  constexpr std::string_view kWhat = "What is followed and shown";
  static const command::CommandText text{
      kUsage,
      kFooter,
      {
          kServerOption,
          kInsecureOption,
          kAuthoritiesOption,
          kEndpointOption,
          {"cid", "ID", kServerGroup, "this client's name, for one2one channels (random)"},
          {"since", "CURSOR", kWhat,
           "0: all that is kept (0); now: only what is new; or\nthe last etag seen, one for each channel, joined by ."},
          {"count", "N", kWhat, "end after N messages"},
          {"json", "", kWhat, "print the objects of the line stream as they are"},
          {"exec", "COMMAND", kWhat,
           "run COMMAND by /bin/sh for each message, in place of\n"
           "printing it: the payload (with --json the object) is\n"
           "its standard input; MARTD_CHANNEL, MARTD_ETAG,\n"
           "MARTD_EVENT and MARTD_TYPE are in its environment"},
          {"etag", "CURSOR", "", ""},  // as scripts/subscribe.py calls --since
      },
  };
  return text;
}

namespace {

struct Settings {
  std::uint64_t count = 0;  ///< 0: without end
  bool json = false;
  std::string exec;  ///< empty: print
};

/// Follows one subscription through all its connections.
class Follower final : private StreamReceiver {
 public:
  Follower(const ServerOption& server, Subscription subscription, Settings settings)
      : server_(server.url),
        client_(server.address, server.certificate),
        subscription_(std::move(subscription)),
        settings_(settings) {}

  /// Blocks until it is over. Returns the exit code.
  int run() {
    while (true) {
      if (subscription_.settled()) {
        follow();
      } else {
        settle();
      }
      if (exit_code_) return *exit_code_;
      std::this_thread::sleep_for(backoff_.next(random_(engine_), asked_));
    }
  }

 private:
  /// Long lists go as a form body: a request target has its limit.
  static constexpr std::size_t kLongestTarget = 4000;

  ClientRequest request(const std::string& options) const {
    std::string query = subscription_.query() + '&' + options;
    if (query.size() <= kLongestTarget) return {"GET", "/sub?" + query, {}, {}};
    return {"POST", "/sub", {{"Content-Type", "application/x-www-form-urlencoded"}}, std::move(query)};
  }

  /// Once for each time that the server is away.
  void say_away(const std::string& why) {
    if (!away_) say(server_ + ": " + why + "; trying again");
    away_ = true;
  }

  void opened() override {
    if (away_) say(server_ + ": back");
    away_ = false;
  }

  /// What is not an answer to the request: whether to come back, and when.
  void refused(const Answer& answer) {
    if (answer.reached == Answer::Reached::untrusted) {
      say(server_ + ": " + answer.problem());
      exit_code_ = 1;
    } else if (answer.reached != Answer::Reached::answered) {
      say_away(answer.problem());
    } else if (const int status = answer.status; status == 200) {
      say_away("not the answer of a martd server");
    } else if (status != 408 && status != 425 && status != 429 && (status < 500 || status == 501)) {
      say("refused: " + answer.problem());
      exit_code_ = 1;
    } else {
      asked_ = answer.retry_after;
      say_away(answer.problem());
    }
  }

  void settle() {
    asked_.reset();
    const Answer answer = client_.ask(request(".transport=poll&.wait=0"));
    if (answer.reached != Answer::Reached::answered || answer.status != 200 || !subscription_.settle(answer.body)) {
      return refused(answer);
    }
    follow();
  }

  void follow() {
    asked_.reset();
    lines_ = LineCutter();
    last_line_ = Clock::now();
    const Answer answer = client_.follow(request(".transport=lines"), *this);
    if (exit_code_) return;
    if (answer.reached == Answer::Reached::silent) patience_.given_up();
    if (!answer.streamed || answer.reached == Answer::Reached::silent) refused(answer);
  }

  bool received(std::string_view bytes) override {
    if (!lines_.add(bytes)) {
      say("a line that is longer than any message");
      exit_code_ = 1;
    }
    while (!exit_code_) {
      const auto line = lines_.next();
      if (!line) return true;
      // A server that takes connections and says nothing is not worth coming back to at once.
      backoff_.reset();
      take(*line);
    }
    return false;
  }

  Duration patience() const override { return patience_.limit(); }

  void take(std::string_view text) {
    const auto now = Clock::now();
    const Line line = subscription_.read(text);
    if (std::holds_alternative<HeartbeatLine>(line)) {
      patience_.heartbeat(now - last_line_);
    } else if (const auto* message = std::get_if<MessageLine>(&line)) {
      print(text, *message);
    } else if (std::holds_alternative<SubLine>(line)) {
      // What it says is the subscription's.
    } else if (!std::holds_alternative<BrokenLine>(line)) {
      if (settings_.json && settings_.exec.empty()) write(std::string(text) + '\n');
      if (const auto* missed = std::get_if<MissedLine>(&line)) {
        const std::string count = missed->count ? std::to_string(*missed->count) : "some";
        say(missed->channel + ": " + count + " missed");
      } else if (const auto* closed = std::get_if<ClosedLine>(&line)) {
        close(*closed);
      }
    } else {
      say_away("not a line stream of a martd server");
    }
    last_line_ = now;
  }

  void print(std::string_view text, const MessageLine& message) {
    if (!settings_.exec.empty()) {
      execute(text, message);
    } else if (settings_.json) {
      write(std::string(text) + '\n');
    } else {
      write((subscription_.channels() > 1 ? message.channel + '\t' : "") + message.payload + '\n');
    }
    if (++printed_ == settings_.count && !exit_code_) exit_code_ = command_failed_ ? 1 : 0;
  }

  void execute(std::string_view text, const MessageLine& message) {
    const auto wrong = run_for_message(settings_.exec, settings_.json ? text : message.payload,
                                       {{"MARTD_CHANNEL", message.channel},
                                        {"MARTD_ETAG", message.etag},
                                        {"MARTD_EVENT", message.event},
                                        {"MARTD_TYPE", message.type}});
    if (!wrong) return;
    say(message.channel + ": " + message.etag + ": " + *wrong);
    command_failed_ = true;
  }

  void close(const ClosedLine& closed) {
    const std::string channel = closed.channel.empty() ? "" : " (" + closed.channel + ")";
    if (closed.for_good) {
      say("ended by the server: " + closed.reason + channel);
      exit_code_ = 1;
    } else {
      // All who were cut off together would come back together.
      asked_ = std::chrono::seconds(1);
    }
  }

  /// One write for a line, at once.
  void write(const std::string& line) {
    if (std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0) return;
    if (errno == EPIPE) {
      exit_code_ = 0;
    } else {
      say("standard output can't be written");
      exit_code_ = 1;
    }
  }

  std::string server_;
  ServerClient client_;
  Subscription subscription_;
  Settings settings_;
  std::uint64_t printed_ = 0;
  bool command_failed_ = false;
  LineCutter lines_;
  Clock::time_point last_line_;
  Patience patience_;
  Backoff backoff_;
  std::optional<Duration> asked_;  ///< by the server, of the next attempt
  bool away_ = false;
  std::optional<int> exit_code_;
  std::mt19937_64 engine_{std::random_device{}()};
  std::uniform_real_distribution<double> random_{0.0, 1.0};
};

int run(const command::CommandLine& line, const command::Environment& environment) {
  if (line.arguments.empty()) return wrong_use("CHANNEL is missing (taken: martd sub CHANNEL...)");
  std::set<std::string_view> names;
  for (const std::string& channel : line.arguments) {
    if (!names.insert(channel).second) return wrong_use("CHANNEL: given twice: " + channel + " (taken: once)");
  }
  const auto server = server_option(line, environment);
  if (const auto* wrong = std::get_if<command::Wrong>(&server)) return wrong_use(wrong->line);
  auto cursors = parse_since(value_or(line, "since", value_or(line, "etag", "0")), line.arguments.size());
  if (!cursors) {
    return wrong_use(
        "--since: not a cursor of these channels (taken: 0, now, or an etag for each channel, joined by .)");
  }
  Settings settings;
  settings.json = line.values.contains("json");
  settings.exec = value_or(line, "exec", "");
  if (settings.exec.empty() && line.values.contains("exec")) return wrong_use("--exec: empty (taken: a shell command)");
  if (const std::string count = value_or(line, "count", ""); line.values.contains("count")) {
    const char* end = count.data() + count.size();
    const auto [stop, error] = std::from_chars(count.data(), end, settings.count);
    if (error != std::errc{} || stop != end || settings.count == 0) {
      return wrong_use("--count: not a count: " + count + " (taken: a whole number from 1)");
    }
  }
  if (std::any_of(line.arguments.begin(), line.arguments.end(), refuse_channel)) return 1;
  return Follower(std::get<ServerOption>(server),
                  Subscription(line.arguments, *std::move(cursors), value_or(line, "cid", random_name("sub-"))),
                  settings)
      .run();
}

}  // namespace

int subscribe_command(const std::vector<std::string>& arguments, const command::Environment& environment) {
  return client_command(subscribe_command_text(), arguments, environment, run);
}

}  // namespace martd::tools
