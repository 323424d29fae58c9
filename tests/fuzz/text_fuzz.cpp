#include <array>
#include <boost/json.hpp>

#include "base/base64.h"
#include "base/json_string.h"
#include "base/nearest.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "support/text.h"
#include "support/utf8_decoder.h"
#include "wire/query.h"

using namespace martd;
using fuzz::hold;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);

  std::string decoded;
  append_utf8_lossy(decoded, bytes);
  hold(decoded == test::whatwg_utf8_decoded(bytes), "decoded as the standard's decoder does it");
  hold(is_utf8(bytes) == (decoded == bytes), "UTF-8 is what decoding leaves as it is");

  std::string json;
  append_json_string(json, decoded);
  hold(boost::json::parse(json).as_string() == decoded, "a JSON string is read back");

  std::string base64;
  append_base64(base64, bytes);
  hold(test::base64_decoded(base64) == bytes, "base64 is read back");

  hold(decode_form(encode_component(bytes)) == bytes, "an encoded component is read back");
  decode_form(bytes);

  const std::string shown = wire::shown(bytes);
  hold(is_utf8(shown), "what is shown is UTF-8");
  hold(shown.size() <= std::size_t{64} * 3 + 3, "what is shown is short");

  constexpr std::array<std::string_view, 3> known{"channel", "size", "id"};
  nearest(bytes, known.data(), known.data() + known.size());
  for (const std::string_view word : known)
    hold(nearest(word, known.data(), known.data() + known.size()) == word, "a known word is its own nearest");
  return 0;
}
