#include "process/file_watch.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace martd {
namespace {

/// Two files in a folder of their own, and who watches them.
struct FileWatchTest {
  FileWatchTest() {
    std::string name = (std::filesystem::temp_directory_path() / "martd-watch-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    write("cert", "one");
    write("key", "one");
    watch = FileWatch({folder / "cert", folder / "key"});
  }
  ~FileWatchTest() { std::filesystem::remove_all(folder); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }

  std::filesystem::path folder;
  FileWatch watch;
};

}  // namespace

TEST_CASE_FIXTURE(FileWatchTest, "file watch: nothing changed, nothing to tell") {
  for (int i = 0; i < 3; ++i) CHECK_FALSE(watch.look());
  CHECK_FALSE(FileWatch().look());
}

TEST_CASE_FIXTURE(FileWatchTest, "file watch: a change is told once, when it has come to rest") {
  write("cert", "two, longer");
  CHECK_FALSE(watch.look());
  write("key", "two, longer");
  CHECK_FALSE(watch.look());
  CHECK(watch.look());
  CHECK_FALSE(watch.look());
}

TEST_CASE_FIXTURE(FileWatchTest,
                  "file watch: another file of the same name and size is a change, also through a link") {
  write("other", "two");
  std::filesystem::rename(folder / "other", folder / "cert");
  CHECK_FALSE(watch.look());
  CHECK(watch.look());

  std::filesystem::create_directory(folder / "a");
  std::filesystem::create_directory(folder / "b");
  write("a/cert", "aaa");
  write("b/cert", "bbb");
  std::filesystem::create_directory_symlink(folder / "a", folder / "live");
  watch = FileWatch({folder / "live/cert"});
  CHECK_FALSE(watch.look());
  std::filesystem::remove(folder / "live");
  std::filesystem::create_directory_symlink(folder / "b", folder / "live");
  CHECK_FALSE(watch.look());
  CHECK(watch.look());
}

TEST_CASE_FIXTURE(FileWatchTest, "file watch: a file that went, and one that came in its place") {
  std::filesystem::rename(folder / "cert", folder / "away");
  CHECK_FALSE(watch.look());
  CHECK(watch.look());
  CHECK_FALSE(watch.look());
  write("cert", "new");
  CHECK_FALSE(watch.look());
  CHECK(watch.look());
}

}  // namespace martd
