#include "wire/text.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/utf8.h"
#include "base/words.h"

namespace martd::wire {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr char kHex[] = "0123456789ABCDEF";

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

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool unreserved(char c) {
  const char letter = lower(c);
  return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

/// Insertions, deletions, changes and swaps of neighbours that make one word of the other, without regard to case. Both
/// have at most kLongestWord bytes.
constexpr std::size_t kLongestWord = 32;
std::size_t edit_distance(std::string_view a, std::string_view b) {
  using Row = std::array<std::size_t, kLongestWord + 1>;
  std::array<Row, 3> rows{};  // of the table: the one before the last, the last, this one
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const Row& before = rows[(i + 1) % 3];
    const Row& last = rows[(i + 2) % 3];
    Row& row = rows[i % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

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

void append_base64(std::string& out, std::string_view bytes) {
  // EVP_EncodeBlock counts in int, so in pieces; whole groups of three, so that only the last is padded. The NUL that
  // it ends each piece with is overwritten by the next, the last one by itself the string's.
  constexpr std::size_t kPiece = std::size_t{3} << 24;
  std::size_t at = out.size();
  out.resize(at + (bytes.size() + 2) / 3 * 4);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    at += static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + at),
                                                   reinterpret_cast<const unsigned char*>(piece.data()),
                                                   static_cast<int>(piece.size())));
    bytes.remove_prefix(piece.size());
  }
}

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

std::optional<std::string> decode_form(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of("%+"), text.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (text[0] == '+') {
      out += ' ';
      text.remove_prefix(1);
      continue;
    }
    const int high = text.size() > 2 ? hex_digit(text[1]) : -1;
    const int low = text.size() > 2 ? hex_digit(text[2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    text.remove_prefix(3);
  }
  return out;
}

std::string encode_component(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 0xF];
    }
  }
  return out;
}

std::string_view nearest(std::string_view word, const std::string_view* begin, const std::string_view* end) {
  if (word.empty() || word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view* known = begin; known != end; ++known) {
    if (known->size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(word, *known);
    if (distance < best_distance) {
      best_distance = distance;
      best = *known;
    }
  }
  return best;
}

}  // namespace martd::wire
