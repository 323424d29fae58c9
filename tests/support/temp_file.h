#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace martd::test {

/// A file of the test's own in the system's temporary folder; removed with it.
class TempFile {
 public:
  explicit TempFile(const std::string& content = {}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "martd-test-XXXXXX").string();
    int fd = ::mkstemp(pattern.data());
    if (fd < 0) throw std::runtime_error("no temporary file");
    ::close(fd);
    path_ = pattern;
    write(content);
  }
  ~TempFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  void write(const std::string& content) const { std::ofstream(path_, std::ios::trunc) << content; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace martd::test
