#include "base/units.h"

#include <doctest/doctest.h>

#include <limits>

namespace martd {
namespace {

using namespace std::chrono_literals;

TEST_CASE("duration: every unit") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("10m") == 10min);
  CHECK(parse_duration("1h") == 1h);
  CHECK(parse_duration("7d") == 168h);
}

TEST_CASE("duration: a bare number is seconds below 1000000000 and nanoseconds from there on") {
  CHECK(parse_duration("0") == 0s);
  CHECK(parse_duration("3600") == 3600s);
  CHECK(parse_duration("999999999") == 999999999s);
  CHECK(parse_duration("1000000000") == 1s);
  CHECK(parse_duration("3600000000000") == 1h);
  CHECK(parse_duration("1000000000s") == 1000000000s);  // with its unit it is what it says
}

TEST_CASE("duration: decimal fractions, exact to the nanosecond and rounded down past it") {
  CHECK(parse_duration("0.5") == 500ms);
  CHECK(parse_duration("1.5h") == 90min);
  CHECK(parse_duration("0.000000001") == 1ns);
  CHECK(parse_duration("0.000000001s") == 1ns);
  CHECK(parse_duration("0.0000000019") == 1ns);
  CHECK(parse_duration("0.0015ms") == 1500ns);
  CHECK(parse_duration("0.99999999999999999999999999999999999999999999s") == 999999999ns);
  CHECK(parse_duration("1000000000.9") == 1s);
  CHECK(parse_duration("00000000000000000000000000000001.50s") == 1500ms);
}

TEST_CASE("duration: the longest that fits, and one more") {
  CHECK(parse_duration("9223372036854775807") == Duration::max());
  CHECK(parse_duration("9223372036854775808") == std::nullopt);
  CHECK(parse_duration("9223372036.854775807s") == Duration::max());
  CHECK(parse_duration("9223372036.854775808s") == std::nullopt);
  CHECK(parse_duration("106751d").has_value());
  CHECK(parse_duration("106752d") == std::nullopt);
  CHECK(parse_duration("18446744073709551615d") == std::nullopt);
  CHECK(parse_duration("18446744073709551616") == std::nullopt);
}

TEST_CASE("duration: what is not one") {
  for (const char* text :
       {"",   "s",   "ms",  "abc", "-1", "+1",  " 1",    "1 ",  "1 s", "1S",   "1H",  "1D",    "1min", "1hour",
        "1w", "1us", "1ns", ".5",  "1.", "1.s", "1.5.5", "1,5", "1e3", "0x10", "1s1", "1h30m", "inf",  "nan"}) {
    CAPTURE(text);
    CHECK(parse_duration(text) == std::nullopt);
  }
  CHECK(parse_duration(std::string_view("1\0", 2)) == std::nullopt);
}

TEST_CASE("duration: is written in the shortest whole form, and read back the same") {
  CHECK(format_duration(250ms) == "250ms");
  CHECK(format_duration(90s) == "90s");
  CHECK(format_duration(3600s) == "1h");
  CHECK(format_duration(300s) == "5m");
  CHECK(format_duration(720h) == "30d");
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(1500us) == "1.5ms");
  CHECK(format_duration(1ns) == "0.000001ms");
  CHECK(format_duration(-90s) == "-90s");
  for (const Duration duration : {Duration{0}, Duration{1}, Duration{999'999}, Duration{1'000'001},
                                  Duration{123'456'789'012'345}, Duration::max()})
    CHECK(parse_duration(format_duration(duration)) == duration);
  CHECK(format_duration(Duration::min()).starts_with("-"));
}

TEST_CASE("byte size: every unit and spelling") {
  CHECK(parse_byte_size("0") == 0);
  CHECK(parse_byte_size("1000") == 1000);
  CHECK(parse_byte_size("1K") == 1024);
  CHECK(parse_byte_size("256k") == 262144);
  CHECK(parse_byte_size("1M") == 1048576);
  CHECK(parse_byte_size("1MB") == 1048576);
  CHECK(parse_byte_size("1mb") == 1048576);
  CHECK(parse_byte_size("1MiB") == 1048576);
  CHECK(parse_byte_size("2G") == 2147483648);
  CHECK(parse_byte_size("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("byte size: what is not one") {
  for (const char* text : {"", "K", "1B", "1.5M", "-1", "+1", " 1", "1 K", "1T", "1Ki", "1iB", "1KBB", "1KiBs", "0x1",
                           "18446744073709551616", "17179869184G"}) {
    CAPTURE(text);
    CHECK(parse_byte_size(text) == std::nullopt);
  }
}

TEST_CASE("byte size: is written with the largest unit that divides it") {
  CHECK(format_byte_size(0) == "0");
  CHECK(format_byte_size(1000) == "1000");
  CHECK(format_byte_size(1024) == "1K");
  CHECK(format_byte_size(1536) == "1536");
  CHECK(format_byte_size(1 << 20) == "1M");
  CHECK(format_byte_size(3ULL << 30) == "3G");
}

}  // namespace
}  // namespace martd
