#include "base/json_writer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace martd {
namespace {

using namespace std::chrono_literals;

/// What `write` adds to an object that begins behind other text.
template <class Write>
std::string object(Write write) {
  std::string out = "|";
  JsonObject json(out);
  write(json);
  json.end();
  return out.substr(1);
}

TEST_CASE("JSON writer: nothing in it") {
  CHECK(object([](JsonObject&) {}) == "{}");
  CHECK(object([](JsonObject& json) { json.array("a", std::vector<int>(), [](std::string&, int) {}); }) ==
        R"({"a":[]})");
  std::string out;
  JsonArray(out).end();
  CHECK(out == "[]");
}

TEST_CASE("JSON writer: members come in the order in which they are added, a name twice too") {
  CHECK(object([](JsonObject& json) {
          json.string("z", "last").boolean("b", true).boolean("a", false).null("n").number("z", 1);
        }) == R"({"z":"last","b":true,"a":false,"n":null,"z":1})");
}

TEST_CASE("JSON writer: a line") {
  std::string out = "before\n";
  JsonObject(out).number("a", 1).end_line();
  CHECK(out == "before\n{\"a\":1}\n");
}

TEST_CASE("JSON writer: whole numbers of every size and sign") {
  CHECK(object([](JsonObject& json) {
          json.number("least", std::numeric_limits<std::int64_t>::min())
              .number("most", std::numeric_limits<std::uint64_t>::max())
              .number("small", std::uint8_t{7})
              .number("negative", -1);
        }) == R"({"least":-9223372036854775808,"most":18446744073709551615,"small":7,"negative":-1})");
}

TEST_CASE("JSON writer: seconds are rounded to their decimals") {
  CHECK(object([](JsonObject& json) {
          json.seconds("a", 1500ms)
              .seconds("b", 0s)
              .seconds("c", 1234567ns, 6)
              .seconds("d", -250ms)
              .seconds("e", 1999600us);
        }) == R"({"a":1.500,"b":0.000,"c":0.001235,"d":-0.250,"e":2.000})");
  CHECK(object([](JsonObject& json) {
          json.seconds("most", Duration::max(), 99).seconds("least", Duration::min(), 0);
        }) == R"({"most":9223372036.854776382,"least":-9223372037})");
}

TEST_CASE("JSON writer: objects and arrays in one another") {
  const std::string out = object([](JsonObject& json) {
    JsonObject inner(json.value("inner"));
    JsonArray(inner.value("list")).number(1).string("two").seconds(3s).end();
    JsonObject(inner.value("empty")).end();
    inner.end();
    json.array("rows", std::vector<int>{1, 2},
               [](std::string& text, int row) { JsonObject(text).number("row", row).end(); })
        .number("after", 4);
  });
  CHECK(out == R"({"inner":{"list":[1,"two",3.000],"empty":{}},"rows":[{"row":1},{"row":2}],"after":4})");
}

TEST_CASE("JSON writer: a value that the caller writes") {
  CHECK(object([](JsonObject& json) {
          json.value("raw") += "[null]";
          json.value("next") += "1e3";
        }) == R"({"raw":[null],"next":1e3})");
  std::string out;
  JsonArray array(out);
  array.value() += "{}";
  array.value() += "null";
  array.end();
  CHECK(out == "[{},null]");
}

// A value whose last byte is a bracket or a comma isn't taken for one that the writer wrote.
TEST_CASE("JSON writer: strings and names are escaped, U+0085 and U+2028 too") {
  CHECK(object([](JsonObject& json) {
          json.string("a\"b", "{").string("c", "x\n\\,").string("\xC2\x85", "\xE2\x80\xA8\xE2\x80\xA9\xC2\x85");
        }) == R"({"a\"b":"{","c":"x\n\\,","\u0085":"\u2028\u2029\u0085"})");
  std::string out;
  JsonArray(out).string("[").string("\xC2\x85").string("").end();
  CHECK(out == R"(["[","\u0085",""])");
}

}  // namespace
}  // namespace martd
