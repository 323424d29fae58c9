#include "process/file_watch.h"

#include <utility>

namespace martd {
namespace {

bool same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

bool FileWatch::State::operator==(const State& other) const {
  return device == other.device && inode == other.inode && size == other.size && same(written, other.written) &&
         same(changed, other.changed);
}

FileWatch::FileWatch(std::vector<std::string> files) : files_(std::move(files)), known_(states()), last_(known_) {}

std::vector<FileWatch::State> FileWatch::states() const {
  std::vector<State> found;
  found.reserve(files_.size());
  for (const std::string& file : files_) {
    struct stat status {};
    found.push_back(::stat(file.c_str(), &status) == 0
                        ? State{status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim}
                        : State{});
  }
  return found;
}

bool FileWatch::look() {
  std::vector<State> now = states();
  const bool at_rest = now == last_;
  last_ = std::move(now);
  if (!at_rest || last_ == known_) return false;
  known_ = last_;
  return true;
}

}  // namespace martd
