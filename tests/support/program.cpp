#include "support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "support/deadline.h"

extern char** environ;

namespace martd::test {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    read = ends[0];
    write = ends[1];
  }
  int read, write;
};

std::string program_path() {
  const char* path = std::getenv("MARTD_PROGRAM");
  if (path == nullptr) throw std::runtime_error("MARTD_PROGRAM must name the program to test");
  return path;
}

std::vector<std::string> environment_with(const Program::Environment& given) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string text = *entry;
    bool replaced = text.rfind("MARTD_", 0) == 0;
    for (auto& [name, value] : given) replaced = replaced || text.rfind(name + "=", 0) == 0;
    if (!replaced) all.push_back(text);
  }
  for (auto& [name, value] : given) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Takes what is there; false at the end.
bool drain(int fd, std::string& into) {
  char piece[16384];
  ssize_t got = ::read(fd, piece, sizeof piece);
  if (got > 0) into.append(piece, static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace

Program::Program(const Arguments& arguments, const Environment& environment, std::string input,
                 const std::string& before) {
  std::vector<std::string> words;
  if (!before.empty()) words = {"/bin/sh", "-c", before + "; exec \"$0\" \"$@\""};
  words.push_back(program_path());
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto variables = environment_with(environment);

  Pipe in, out, err;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.read, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out.write, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err.write, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t usual, none;
  sigemptyset(&none);
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  int failure = ::posix_spawn(&pid_, words[0].c_str(), &files, &attributes, pointers_to(words).data(),
                              pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  for (int fd : {in.read, out.write, err.write}) ::close(fd);
  if (failure != 0) {
    for (int fd : {in.write, out.read, err.read}) ::close(fd);
    throw std::system_error(failure, std::generic_category(), words[0]);
  }
  attendant_ =
      std::thread([this, in, out, err, text = std::move(input)] { attend(in.write, out.read, err.read, text); });
}

Program::~Program() {
  signal(SIGKILL);
  attendant_.join();
}

void Program::attend(int in, int out, int err, std::string input) {
  std::string_view left = input;
  ::fcntl(in, F_SETFL, O_NONBLOCK);
  pollfd wait[3] = {{out, POLLIN, 0}, {err, POLLIN, 0}, {in, POLLOUT, 0}};
  while (wait[0].fd >= 0 || wait[1].fd >= 0) {
    if (left.empty() && wait[2].fd >= 0) ::close(std::exchange(wait[2].fd, -1));
    if (::poll(wait, 3, -1) < 0) continue;
    if (wait[2].fd >= 0 && wait[2].revents != 0) {
      ssize_t sent = ::write(in, left.data(), left.size());
      if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) left = {};
    }
    std::lock_guard lock(mutex_);
    if (wait[0].fd >= 0 && wait[0].revents != 0 && !drain(out, output_)) ::close(std::exchange(wait[0].fd, -1));
    if (wait[1].fd >= 0 && wait[1].revents != 0 && !drain(err, errors_)) ::close(std::exchange(wait[1].fd, -1));
    changed_.notify_all();
  }
  if (wait[2].fd >= 0) ::close(wait[2].fd);

  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  std::lock_guard lock(mutex_);  // from here on its number may be another's, so nobody signals it
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  changed_.notify_all();
}

bool Program::running() const {
  std::lock_guard lock(mutex_);
  return !exit_code_;
}

void Program::signal(int number) {
  std::lock_guard lock(mutex_);
  if (!exit_code_) ::kill(pid_, number);
}

int Program::await_exit() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return exit_code_.has_value(); })) {
    throw std::runtime_error("the program did not end; on its standard error: " + errors_);
  }
  return *exit_code_;
}

std::string Program::output() const {
  std::lock_guard lock(mutex_);
  return output_;
}

std::string Program::errors() const {
  std::lock_guard lock(mutex_);
  return errors_;
}

void Program::await_output(const std::function<bool(const std::string&)>& enough) const { await_text(output_, enough); }

void Program::await_errors(const std::function<bool(const std::string&)>& enough) const { await_text(errors_, enough); }

void Program::await_text(const std::string& text, const std::function<bool(const std::string&)>& enough) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [&] { return enough(text) || exit_code_; });
  if (enough(text)) return;
  throw std::runtime_error("awaited in vain, exit code " + (exit_code_ ? std::to_string(*exit_code_) : "none") +
                           "; standard output:\n" + output_ + "standard error:\n" + errors_);
}

std::string Program::sanitizer_report() const {
  std::string text = errors();
  for (const char* sign : {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
                           "ThreadSanitizer: ", "runtime error: "}) {
    auto at = text.find(sign);
    if (at != std::string::npos) return text.substr(at, 4000);
  }
  return {};
}

}  // namespace martd::test
