#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "commands.h"
#include "net/secret_memory.h"
#include "options/options.h"
#include "process/last_words.h"
#include "server/own_listener.h"
#include "server/server.h"
#include "store/store_command.h"
#include "tools/doctor_command.h"
#include "tools/publish_command.h"
#include "tools/subscribe_command.h"

namespace {

/// --check-config: what the options themselves don't show.
int check(const martd::Options& options) {
  if (const auto wrong = martd::check_certificates(options)) {
    std::fprintf(stderr, "martd: %s\n", wrong->c_str());
    return 2;
  }
  if (const auto wrong = martd::site_is_own_listener(options)) {
    std::fprintf(stderr, "martd: %s\n", wrong->c_str());
    return 2;
  }
  std::printf("the configuration is right: %s\n", options.config.empty() ? "no file" : options.config.c_str());
  return 0;
}

int print_manual(const std::vector<std::string>& arguments) {
  const auto made = martd::manual(arguments);
  if (const auto* wrong = std::get_if<martd::Wrong>(&made)) {
    std::fprintf(stderr, "martd: %s\n", wrong->line.c_str());
    return 2;
  }
  std::fputs(std::get<martd::Shown>(made).text.c_str(), stdout);
  return 0;
}

/// glibc keeps small pieces that were freed in lists of their own, and joins all of them at some later free(): when a
/// million channels had ended, that one call held up its loop for 164 ms. Without those lists it is 5 ms at most, and
/// nothing is slower (scripts/bench scaling).
void keep_free_short() {
#ifdef M_MXFAST
  ::mallopt(M_MXFAST, 0);
#endif
}

int run(const std::vector<std::string>& arguments) {
  keep_free_short();
  const auto parsed = martd::parse(arguments, martd::environment_of(environ));
  if (const auto* shown = std::get_if<martd::Shown>(&parsed)) {
    std::fputs(shown->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<martd::Wrong>(&parsed)) {
    std::fprintf(stderr, "martd: %s\n", wrong->line.c_str());
    return 2;
  }
  const auto& [options, warnings, check_only] = std::get<martd::Run>(parsed);
  if (check_only || options.log_format == martd::LogFormat::text)
    for (const std::string& warning : warnings) std::fprintf(stderr, "martd: warning: %s\n", warning.c_str());
  if (check_only) return check(options);
  return martd::run_server(options, warnings, [&arguments](const martd::Options& in_use) {
    return martd::reload(in_use, arguments, martd::environment_of(environ));
  });
}

int choose(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments.front();
  if (martd::asks_for_manual(arguments)) return print_manual(arguments);
  if (command != "pub" && command != "sub" && command != "doctor" && command != "store") return run(arguments);

  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (command == "store") return martd::store::store_command(rest);
  const auto environment = martd::environment_of(environ);
  if (command == "doctor") return martd::tools::doctor_command(rest, environment);
  return command == "pub" ? martd::tools::publish_command(rest, environment)
                          : martd::tools::subscribe_command(rest, environment);
}

}  // namespace

int main(int argc, char** argv) {
  martd::net::clear_freed_secrets();  // before anything of OpenSSL is called
  martd::keep_standard_streams();
  // A file over its limit (ulimit -f) is told by the call that writes, as a full disk is; this would kill us.
  std::signal(SIGXFSZ, SIG_IGN);
  martd::tell_last_words();
  try {
    return choose(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "martd: %s\n", martd::said_by(error).c_str());
    return 1;
  }
}
