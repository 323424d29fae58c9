#include "wire/query.h"

#include <doctest/doctest.h>

#include <string>

namespace martd::wire {
namespace {

TEST_CASE("what a message shows is valid UTF-8 of some 64 bytes at most") {
  CHECK(shown("short") == "short");
  CHECK(shown("\xFF") == "�");
  CHECK(shown(std::string(64, 'a')) == std::string(64, 'a'));
  CHECK(shown(std::string(65, 'a')) == std::string(64, 'a') + "…");
  std::string wide;
  for (int i = 0; i < 40; ++i) wide += "🎉";
  for (std::size_t before = 0; before < 4; ++before) {
    const std::string text = shown(std::string(before, 'a') + wide);
    CHECK(text.find("�") == std::string::npos);
    CHECK(text.size() <= 64 + 3);
  }
}

}  // namespace
}  // namespace martd::wire
