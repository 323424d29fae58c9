#include "command/option_text.h"

#include <doctest/doctest.h>

namespace martd::command {
namespace {

TEST_CASE("option text: one line, with its default, without what marks code") {
  CHECK(summary_of({"a", "N", "G", "how many"}) == "how many");
  CHECK(summary_of({.name = "a", .help = "as `--b`\nhas it", .default_value = "none"}) == "as --b has it (none)");
  CHECK(summary_of({.name = "a", .help = "names", .repeatable = true, .more = "not this", .default_value = "none"}) ==
        "names (none, repeatable)");
}

TEST_CASE("option text: lines as wide as they may be, letters counted, long words whole") {
  CHECK(wrapped("", 5) == "");
  CHECK(wrapped("ab cd ef", 5) == "ab cd\nef");
  CHECK(wrapped("ab cd ef", 4) == "ab\ncd\nef");
  CHECK(wrapped("a longest b", 3) == "a\nlongest\nb");
  CHECK(wrapped("\xC3\xA4\xC3\xA4 \xC3\xA4\xC3\xA4", 5) == "\xC3\xA4\xC3\xA4 \xC3\xA4\xC3\xA4");
}

}  // namespace
}  // namespace martd::command
