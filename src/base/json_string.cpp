#include "base/json_string.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/words.h"

namespace martd {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

/// Whether a JSON string has to look at the byte: what must be escaped, and the first byte of U+0085, and of U+2028 and
/// U+2029.
constexpr std::array<bool, 256> kJsonSpecial = [] {
  std::array<bool, 256> special{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) special[byte] = true;
  special['"'] = special['\\'] = special[0xC2] = special[0xE2] = true;
  return special;
}();

/// The next byte from `at` on that a JSON string has to look at, or the end.
std::size_t next_json_special(std::string_view text, std::size_t at) {
  while (text.size() - at >= 8) {
    const std::uint64_t word = load_word(text.data() + at);
    // 0xC2 and 0xE2 differ in one bit.
    if (any_below(word, 0x20) | any_equal(word, '"') | any_equal(word, '\\') |
        any_equal(word | (kWordOnes * 0x20), 0xE2))
      break;
    at += 8;
  }
  while (at < text.size() && !kJsonSpecial[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

void append_json_escape(std::string& out, char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(byte) >> 4];
      out += kHex[static_cast<unsigned char>(byte) & 0xF];
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t begin = 0;  // of the run that is taken as it is
  std::size_t at = 0;
  while ((at = next_json_special(text, at)) < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == 0xC2) {
      if (text.substr(at, 2) == "\xC2\x85") {
        out.append(text.substr(begin, at - begin));
        out += "\\u0085";
        begin = at + 2;
      }
      at = std::min(at + 2, text.size());
    } else if (byte == 0xE2) {
      const std::string_view character = text.substr(at, 3);
      if (character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9") {
        out.append(text.substr(begin, at - begin));
        out += character.back() == '\xA8' ? "\\u2028" : "\\u2029";
        begin = at + 3;
      }
      at = std::min(at + 3, text.size());
    } else {
      out.append(text.substr(begin, at - begin));
      append_json_escape(out, text[at]);
      begin = ++at;
    }
  }
  out.append(text.substr(begin));
  out += '"';
}

}  // namespace martd
