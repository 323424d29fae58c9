#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <signal.h>

int main(int count, char** arguments) {
  ::signal(SIGPIPE, SIG_IGN);  // a server that hangs up is a result, not the end of the tests
  return doctest::Context(count, arguments).run();
}
