#include "base/units.h"
#include "fuzz.h"

using namespace martd;
using fuzz::hold;

/// What is read is written in a form that is read as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const auto duration = parse_duration(text)) {
    hold(duration->count() >= 0, "no duration is negative");
    hold(parse_duration(format_duration(*duration)) == duration, "a duration is read back");
  }
  if (const auto bytes = parse_byte_size(text))
    hold(parse_byte_size(format_byte_size(*bytes)) == bytes, "a byte size is read back");
  return 0;
}
