#pragma once

#include <signal.h>

#include <string>
#include <vector>

#include "support/client.h"
#include "support/program.h"

namespace martd::test {

/// The server as a process of its own, on ports that the system chooses; ready when the constructor returns. Its
/// destructor stops it and checks that it ended tidily and that no sanitizer complained.
class TestServer : public Client {
 public:
  using Options = std::vector<std::string>;

  /// `--http localhost:0` and `--admin none` are added where the options don't have them. Where MARTD_SCHEME in the
  /// environment is `https` and the options name neither listener, it is `--https localhost:0` alone instead.
  explicit TestServer(const Options& options = {}, const Program::Environment& environment = {},
                      const std::string& before = {});
  ~TestServer();

  /// The addresses of the `listening` lines of that kind, in their order.
  std::vector<Endpoint> listening(const std::string& kind) const;
  Client admin() const { return Client(listening("admin").at(0)); }

  Program& program() { return program_; }
  /// Asks it to end, and doesn't wait.
  void begin_to_stop(int signal = SIGTERM);
  /// The exit code; asks it to end where nobody has.
  int stop();

 private:
  Program program_;
  bool stopping_ = false;
  bool stopped_ = false;
};

/// A server that has its options, for a fixture of tests that share them.
struct DefaultServer {
  TestServer server;
};

}  // namespace martd::test
