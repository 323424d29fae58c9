#include "server/server_command.h"

#include <malloc.h>

#include <cstdio>
#include <variant>

#include "options/options.h"
#include "server/own_listener.h"
#include "server/server.h"

namespace martd {
namespace {

/// --check-config: what the options themselves don't show.
int check(const Options& options) {
  if (const auto wrong = check_certificates(options)) {
    std::fprintf(stderr, "martd: %s\n", wrong->c_str());
    return 2;
  }
  if (const auto wrong = site_is_own_listener(options)) {
    std::fprintf(stderr, "martd: %s\n", wrong->c_str());
    return 2;
  }
  std::printf("the configuration is right: %s\n", options.config.empty() ? "no file" : options.config.c_str());
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

}  // namespace

int server_command(const std::vector<std::string>& arguments, const command::Environment& environment) {
  keep_free_short();
  const auto parsed = parse(arguments, environment);
  if (const auto* shown = std::get_if<Shown>(&parsed)) {
    std::fputs(shown->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<Wrong>(&parsed)) {
    std::fprintf(stderr, "martd: %s\n", wrong->line.c_str());
    return 2;
  }
  const auto& [options, warnings, check_only] = std::get<Run>(parsed);
  if (check_only || options.log_format == LogFormat::text)
    for (const std::string& warning : warnings) std::fprintf(stderr, "martd: warning: %s\n", warning.c_str());
  if (check_only) return check(options);
  return run_server(options, warnings, [&](const Options& in_use) { return reload(in_use, arguments, environment); });
}

}  // namespace martd
