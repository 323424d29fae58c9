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

int main(int argc, char** argv) {
  martd::net::clear_freed_secrets();  // before anything of OpenSSL is called
  martd::keep_standard_streams();
  // A file over its limit (ulimit -f) is told by the call that writes, as a full disk is; this would kill us.
  std::signal(SIGXFSZ, SIG_IGN);
  martd::tell_last_words();
  try {
    return martd::run_command({argv + std::min(argc, 1), argv + argc}, martd::environment_of(environ));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "martd: %s\n", martd::said_by(error).c_str());
    return 1;
  }
}
