#include "process/input.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "../support/temp_file.h"

namespace martd {
namespace {

using martd::test::TempFile;

struct Open {
  explicit Open(const std::string& path) : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Open() { ::close(descriptor); }
  int descriptor;
};

/// The lines, each in brackets, and why there are no more.
std::string lines_of(const std::string& path) {
  const Open file(path);
  LineReader reader(file.descriptor);
  std::string all;
  while (const auto line = reader.next()) all += "[" + *line + "]";
  return all + reader.problem();
}

TEST_CASE("input: lines, the last one with or without its end, of any length") {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""}, {"\n", "[]"}, {"a", "[a]"}, {"a\n", "[a]"}, {"a\n\nb", "[a][][b]"}, {"a\r\nb\r\n", "[a\r][b\r]"}};
  for (const auto& [text, lines] : cases) {
    const std::string all = text;
    CAPTURE(all);
    CHECK(lines_of(TempFile(text).path()) == lines);
  }
  const std::string large(200000, 'x');
  CHECK(lines_of(TempFile(large + "\n" + large + "\nend").path()) == "[" + large + "][" + large + "][end]");
}

TEST_CASE("input: what can't be read is no end") {
  CHECK(lines_of("/tmp") == "Is a directory");
  const auto folder = read_file("/tmp", 100);
  REQUIRE(std::holds_alternative<Unread>(folder));
  CHECK(std::get<Unread>(folder).why == "Is a directory");
  CHECK(std::get<Unread>(read_file("/nowhere/at/all", 100)).why == "No such file or directory");
  CHECK(std::holds_alternative<Unread>(read_file("/proc/self/mem", 100)));
  CHECK(std::get<Unread>(read_whole(-1, 100)).why == "Bad file descriptor");
}

TEST_CASE("input: a file is read whole, up to a bound") {
  const TempFile file(std::string(100, 'x'));
  CHECK(std::get<std::string>(read_file(file.path(), 100)) == std::string(100, 'x'));
  CHECK(std::get<Unread>(read_file(file.path(), 99)).why == "more than 99 bytes");
  CHECK(std::get<Unread>(read_file("/dev/zero", 1000)).why == "more than 1000 bytes");
  CHECK(std::get<std::string>(read_file("/dev/null", 0)) == "");
}

}  // namespace
}  // namespace martd
