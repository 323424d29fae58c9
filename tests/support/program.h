#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace martd::test {

/// The real program, started with arguments, its output collected by a thread. Thread-safe.
/// The environment is the test's without its `MARTD_…` variables, and with those given.
class Program {
 public:
  using Arguments = std::vector<std::string>;
  using Environment = std::vector<std::pair<std::string, std::string>>;

  /// `input` is what it reads from standard input, then the end. `before`: what a shell does first in its place, as
  /// `ulimit -n 20` or `exec <&-`.
  explicit Program(const Arguments& arguments, const Environment& environment = {}, std::string input = {},
                   const std::string& before = {});
  /// Kills it where it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  bool running() const;
  /// Nothing happens where it has ended.
  void signal(int number);
  /// Its exit code, 128 and the signal's number where one ended it. Throws where it does not end in time.
  int await_exit();

  std::string output() const;
  std::string errors() const;
  /// Awaits that standard output (standard error) satisfies `enough`. Throws where it doesn't in time, or the program
  /// ends before.
  void await_output(const std::function<bool(const std::string&)>& enough) const;
  void await_errors(const std::function<bool(const std::string&)>& enough) const;

  /// The first line of a sanitizer's report on standard error, or empty.
  std::string sanitizer_report() const;

 private:
  void attend(int in, int out, int err, std::string input);
  void await_text(const std::string& text, const std::function<bool(const std::string&)>& enough) const;

  pid_t pid_ = -1;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::string output_, errors_;
  std::optional<int> exit_code_;
  std::thread attendant_;
};

}  // namespace martd::test
