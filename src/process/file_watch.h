#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

namespace martd {

/// Notices that files were changed, by looking at them now and then. Not by the kernel's events (inotify): a renewal
/// often exchanges a link to the folder that they are in, or comes over a network, and then there is none.
class FileWatch {
 public:
  FileWatch() = default;
  /// From now on. What is there now counts as known.
  explicit FileWatch(std::vector<std::string> files);

  /// True once for each change, and not before two looks in a row found all files alike: whoever exchanges a
  /// certificate and its key does so one after the other.
  bool look();

 private:
  /// What shows that it is another file, or was written to. One that is not there has zeros.
  struct State {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec written{};
    timespec changed{};

    bool operator==(const State& other) const;
  };
  std::vector<State> states() const;

  std::vector<std::string> files_;
  std::vector<State> known_;
  std::vector<State> last_;
};

}  // namespace martd
