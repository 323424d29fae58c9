#include "process/open_files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

namespace martd {
namespace {

TEST_CASE("open files: those in use are counted") {
  const std::size_t before = files_in_use();
  CHECK(before >= 3);
  const int one = ::open("/dev/null", O_RDONLY);
  CHECK(files_in_use() == before + 1);
  ::close(one);
  CHECK(files_in_use() == before);
}

}  // namespace
}  // namespace martd
