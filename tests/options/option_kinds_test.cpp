#include "options/option_kinds.h"

#include <doctest/doctest.h>

#include "options/option_table.h"

namespace martd {
namespace {

const OptionRow& row_of(std::string_view name) {
  for (const OptionRow& row : option_rows())
    if (row.text.name == name) return row;
  FAIL("no such option");
  return option_rows().front();
}

/// What docs/martd.toml gives it, or its default.
Values some_value(const OptionRow& row) {
  if (row.text.form.empty()) return {"true"};
  return {row.example.empty() ? row.text.default_value : std::string(row.example)};
}

TEST_CASE("kinds: a default is read back as what it shows, and is no change") {
  for (const OptionRow& row : option_rows()) {
    if (row.text.form.empty() || !row.example.empty() || row.text.name == "config") continue;
    CAPTURE(row.text.name);
    Options options;
    CHECK(row.set(options, {row.text.default_value}) == "");
    CHECK(row.show(options) == row.text.default_value);
    if (row.kind.same(Options(), Options())) CHECK(row.kind.same(options, Options()));
  }
}

TEST_CASE("kinds: what is set is shown, is a change, and goes along with a copy") {
  for (const OptionRow& row : option_rows()) {
    if (!row.text.form.empty() && row.example.empty()) continue;
    CAPTURE(row.text.name);
    Options options, copy;
    options.given[std::string(row.text.name)] = some_value(row);
    CHECK(row.set(options, some_value(row)) == "");
    const bool comparable = row.kind.same(copy, copy);
    CHECK_FALSE(row.kind.same(options, copy));
    row.kind.copy(copy, options);
    CHECK(row.kind.same(options, copy) == comparable);
    const bool secret = row.text.form == "SECRET";
    CHECK(row.show(options) == (secret ? "set" : some_value(row)[0]));
  }
}

TEST_CASE("kinds: of a choice every word comes back, and no other is taken") {
  for (const OptionRow& row : option_rows()) {
    if (row.text.form.find('|') == std::string_view::npos) continue;
    CAPTURE(row.text.name);
    Options options;
    std::string words(row.text.form);
    for (std::size_t end; !words.empty(); words.erase(0, end + (end < words.size() ? 1 : 0))) {
      end = std::min(words.find('|'), words.size());
      CHECK(row.set(options, {words.substr(0, end)}) == "");
      CHECK(row.show(options) == words.substr(0, end));
    }
    const std::string before = row.show(options);
    CHECK(row.set(options, {"neither"}).find(": neither (taken: ") != std::string::npos);
    CHECK(row.set(options, {""}) != "");
    CHECK(row.show(options) == before);
  }
}

TEST_CASE("kinds: one option for two limits") {
  Options options, copy;
  CHECK(row_of("max-channels").set(options, {"7"}) == "");
  CHECK(options.publish.max_channels == 7);
  CHECK(options.subscribe.max_channels == 7);
  row_of("max-channels").kind.copy(copy, options);
  CHECK(copy.subscribe.max_channels == 7);
  CHECK(row_of("max-channels").kind.same(options, copy));
}

TEST_CASE("kinds: a complaint changes nothing") {
  Options options;
  CHECK(row_of("max-behind").set(options, {"1"}) == "out of range: 1 (taken: 1K to 1G)");
  CHECK(row_of("max-memory").set(options, {"1"}) == "out of range: 1 (taken: 1M to more)");
  CHECK(row_of("max-size").set(options, {"0"}) == "out of range: 0 (taken: 1 to 10000000)");
  CHECK(row_of("hsts").set(options, {"36501d"}) == "out of range: 36501d (taken: 0 to 36500d)");
  CHECK(row_of("grace").set(options, {"2h"}) == "out of range: 2h (taken: 0s to 1h)");
  CHECK(row_of("log-level").set(options, {"loud"}) == "not a level: loud (taken: debug, info, warning or error)");
  CHECK(row_of("log-format").set(options, {"xml"}) == "not a format: xml (taken: text or json)");
  for (const OptionRow& row : option_rows()) {
    CAPTURE(row.text.name);
    if (row.kind.same(Options(), Options())) CHECK(row.kind.same(options, Options()));
  }
}

}  // namespace
}  // namespace martd
