#include "base/utf8.h"

#include <cstdint>
#include <cstring>

#include "base/words.h"

namespace martd {
namespace {

bool continues(std::string_view bytes, std::size_t at) {
  return at < bytes.size() && (static_cast<unsigned char>(bytes[at]) & 0xC0) == 0x80;
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
/// How many bytes at the start of `bytes` are well-formed UTF-8.
std::size_t well_formed_prefix(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    while (bytes.size() - at >= 8 && !any_high(load_word(bytes.data() + at))) at += 8;
    if (at == bytes.size()) break;
    const std::size_t length = utf8_sequence(bytes.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

/// The length of the longest start of a well-formed sequence that the malformed `bytes` begin with, at least 1: what
/// one U+FFFD stands for (The Unicode Standard, section 3.9; the WHATWG decoder comes to the same).
std::size_t maximal_subpart(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first < 0xC2 || first > 0xF4) return 1;
  const std::size_t wanted = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  for (std::size_t at = 1; at < wanted; ++at) {
    unsigned char lowest = 0x80;
    unsigned char highest = 0xBF;
    if (at == 1) {
      if (first == 0xE0) lowest = 0xA0;
      if (first == 0xED) highest = 0x9F;
      if (first == 0xF0) lowest = 0x90;
      if (first == 0xF4) highest = 0x8F;
    }
    if (at == bytes.size()) return at;
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (byte < lowest || byte > highest) return at;
  }
  return wanted;
}

}  // namespace

// The Unicode Standard, table 3-7: the second byte's range depends on the first.
std::size_t utf8_sequence(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !continues(bytes, 1)) return 0;
  if (first < 0xE0) return 2;
  const auto second = static_cast<unsigned char>(bytes[1]);
  if (first < 0xF0) {
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
    return continues(bytes, 2) ? 3 : 0;
  }
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return continues(bytes, 2) && continues(bytes, 3) ? 4 : 0;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    // Most text is ASCII: eight bytes at a time while none has its high bit set.
    std::uint64_t eight = 0;
    while (bytes.size() >= sizeof eight) {
      std::memcpy(&eight, bytes.data(), sizeof eight);
      if (eight & 0x8080808080808080U) break;
      bytes.remove_prefix(sizeof eight);
    }
    if (bytes.empty()) break;
    const std::size_t length = utf8_sequence(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

void append_utf8_lossy(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t good = well_formed_prefix(bytes);
    out.append(bytes.substr(0, good));
    bytes.remove_prefix(good);
    if (bytes.empty()) return;
    out += kReplacement;
    bytes.remove_prefix(maximal_subpart(bytes));
  }
}

}  // namespace martd
