#include "store/reserve.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "../support/temp_file.h"

namespace martd::store {
namespace {

struct ReserveTest {
  ~ReserveTest() { std::filesystem::remove(name); }
  /// Bytes on the disk.
  static std::size_t blocks_of(const std::string& file) {
    struct stat known {};
    return ::stat(file.c_str(), &known) == 0 ? static_cast<std::size_t>(known.st_blocks) * 512 : 0;
  }
  static std::size_t length_of(const std::string& file) { return std::filesystem::file_size(file); }

  test::TempFile log{"some frames"};
  std::string name = log.path() + ".reserve";
};

}  // namespace

TEST_CASE_FIXTURE(ReserveTest, "reserve: held it has its blocks, let go of it has its length") {
  Reserve reserve(name);
  REQUIRE(reserve.hold(0));
  CHECK(reserve.size() >= Reserve::kLeast);
  CHECK(reserve.size() <= Reserve::kMost);
  CHECK(blocks_of(name) >= reserve.size());
  reserve.release();
  CHECK(blocks_of(name) == 0);
  CHECK(length_of(name) == reserve.size());
  CHECK(reserve.hold(0));
  CHECK(blocks_of(name) >= reserve.size());
}

TEST_CASE_FIXTURE(ReserveTest, "reserve: as large as it was, however full the disk is then") {
  std::ofstream(name).flush();
  std::filesystem::resize_file(name, Reserve::kLeast * 2);
  Reserve reserve(name);
  CHECK(reserve.hold(0));
  CHECK(reserve.size() == Reserve::kLeast * 2);
}

TEST_CASE_FIXTURE(ReserveTest, "reserve: none where there is not so much beside it") {
  Reserve reserve(name);
  CHECK_FALSE(reserve.hold(std::size_t{1} << 60));
  CHECK(blocks_of(name) == 0);
}

TEST_CASE_FIXTURE(ReserveTest, "reserve: lent to another file behind its end, and taken back when all is over") {
  const std::size_t length = length_of(log.path());
  {
    Reserve reserve(name);
    REQUIRE(reserve.hold(0));
    reserve.lend(log.path());
    CHECK(blocks_of(name) == 0);
    CHECK(blocks_of(log.path()) >= reserve.size());
    CHECK(length_of(log.path()) == length);
  }
  CHECK(blocks_of(name) >= Reserve::kLeast);
}

TEST_CASE("reserve: without a name there is none, and it is always held") {
  Reserve reserve;
  CHECK(reserve.hold(std::size_t{1} << 60));
  reserve.lend("/nowhere");
  reserve.release();
}

}  // namespace martd::store
