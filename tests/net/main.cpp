#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>

#include "net/secret_memory.h"

int main(int count, char** arguments) {
  if (!martd::net::clear_freed_secrets()) return 1;
  std::signal(SIGPIPE, SIG_IGN);  // as the program does: OpenSSL writes without MSG_NOSIGNAL
  return doctest::Context(count, arguments).run();
}
