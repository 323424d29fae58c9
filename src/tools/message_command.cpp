#include "tools/message_command.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace martd::tools {
namespace {

/// A file in memory, which the command may read as far as it likes: with a pipe, one that doesn't read would hold us
/// up.
class Input {
 public:
  explicit Input(std::string_view bytes) : descriptor_(::memfd_create("message", MFD_CLOEXEC)) {
    while (descriptor_ >= 0 && !bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    whole_ = descriptor_ >= 0 && bytes.empty() && ::lseek(descriptor_, 0, SEEK_SET) == 0;
  }
  ~Input() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  bool whole() const { return whole_; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  bool whole_ = false;
};

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const bool ours = std::any_of(variables.begin(), variables.end(), [&](const auto& variable) {
      return text.substr(0, text.find('=')) == variable.first;
    });
    if (!ours) all.emplace_back(text);
  }
  for (const auto& [name, value] : variables) {
    if (!value.empty()) all.push_back(name + '=' + value);
  }
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// As a shell starts its commands: signals as they usually are, and not those that we ignore.
int spawn(pid_t& child, const std::string& command, int input, std::vector<std::string> environment) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGXFSZ);
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words{"sh", "-c", command};
  const int failure =
      ::posix_spawn(&child, "/bin/sh", &files, &attributes, pointers_to(words).data(), pointers_to(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failure;
}

}  // namespace

std::optional<std::string> run_for_message(const std::string& command, std::string_view input,
                                           const std::vector<std::pair<std::string, std::string>>& variables) {
  const Input file(input);
  if (!file.whole()) return "no room for its standard input";
  pid_t child = -1;
  if (const int failure = spawn(child, command, file.descriptor(), environment_with(variables)); failure != 0) {
    return std::string("the command can't be run: ") + std::strerror(failure);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return std::string("the command's end is not known: ") + std::strerror(errno);
  }
  if (WIFSIGNALED(status)) return "the command was ended by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "the command ended with " + std::to_string(WEXITSTATUS(status));
  return std::nullopt;
}

}  // namespace martd::tools
