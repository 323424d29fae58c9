#include "store/reserve.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace martd::store {
namespace {

struct Disk {
  std::size_t all = 0;
  std::size_t free = 0;
};

/// As far as this process may use it; a file's own limit (ulimit -f) counts as a disk of that size.
Disk disk_of(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path();
  struct statvfs known {};
  if (::statvfs(folder.empty() ? "." : folder.c_str(), &known) != 0) return {};
  const std::size_t block = known.f_frsize;
  Disk disk{known.f_blocks * block, (::geteuid() == 0 ? known.f_bfree : known.f_bavail) * block};
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    disk.all = std::min<std::size_t>(disk.all, limit.rlim_cur);
  return disk;
}

}  // namespace

Reserve::~Reserve() {
  if (lent_) hold(0);
}

bool Reserve::hold(std::size_t beside) {
  if (held_ || name_.empty()) return true;
  const Disk disk = disk_of(name_);
  struct stat known {};
  // Its length stays when its room is let go of: so much it was on an emptier disk, and so much it is to be again.
  const auto before = ::stat(name_.c_str(), &known) == 0 ? static_cast<std::size_t>(known.st_size) : 0;
  if (before >= kLeast && before <= kMost) {
    size_ = before;
  } else {
    for (size_ = kMost; size_ > kLeast && (size_ > disk.all / 8 || 2 * size_ > disk.free);) size_ /= 2;
  }
  if (size_ + beside > disk.free) return false;
  const int descriptor = ::open(name_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return false;
  held_ = ::posix_fallocate(descriptor, 0, static_cast<off_t>(size_)) == 0;
  ::close(descriptor);
  if (!held_) release();
  lent_ = lent_ && !held_;
  return held_;
}

void Reserve::lend(const std::string& file) {
  if (name_.empty()) return;
  release();
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return;
  [[maybe_unused]] const int had = ::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size_));
  ::close(descriptor);
}

void Reserve::release() {
  held_ = false;
  if (name_.empty()) return;
  const int descriptor = ::open(name_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return;
  lent_ = true;
  struct stat known {};
  [[maybe_unused]] const bool let_go = ::fstat(descriptor, &known) == 0 && ::ftruncate(descriptor, 0) == 0 &&
                                       ::ftruncate(descriptor, known.st_size) == 0;
  ::close(descriptor);
}

}  // namespace martd::store
