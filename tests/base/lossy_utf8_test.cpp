#include <doctest/doctest.h>

#include <array>
#include <string>

#include "base/utf8.h"
#include "support/utf8_decoder.h"

namespace martd {
namespace {

std::string lossy(std::string_view bytes) {
  std::string out = "|";
  append_utf8_lossy(out, bytes);
  return out.substr(1);
}

TEST_CASE("lossy UTF-8: well-formed text stays as it is, a byte order mark too") {
  for (const char* text :
       {"", "plain", "Grüße, 世界 🎉", "\xEF\xBB\xBF with a mark", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"})
    CHECK(lossy(text) == text);
}

TEST_CASE("lossy UTF-8: one U+FFFD for each maximal subpart") {
  CHECK(lossy("\xFF") == "�");
  CHECK(lossy("a\x80z") == "a�z");
  CHECK(lossy("\xC0\xAF") == "��");              // overlong
  CHECK(lossy("\xE0\x80\xAF") == "���");         // overlong
  CHECK(lossy("\xED\xA0\x80") == "���");         // surrogate
  CHECK(lossy("\xF4\x90\x80\x80") == "����");    // past U+10FFFF
  CHECK(lossy("\xE2\x82") == "�");               // cut short at the end
  CHECK(lossy("\xF0\x9F\x8E") == "�");           // cut short at the end
  CHECK(lossy("\xF0\x9F\x8E-") == "�-");         // cut short in the middle
  CHECK(lossy("\xE2\x82\xE2\x82\xAC") == "�€");  // cut short by the next character
  // The Unicode Standard, table 3-11.
  CHECK(lossy("\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64") == "���b�c��d");
}

TEST_CASE("lossy UTF-8: every sequence of three bytes as the standard's decoder, at every place in a word") {
  const std::array<unsigned char, 18> bytes{0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                            0xC1, 0xC2, 0xE0, 0xE1, 0xED, 0xF0, 0xF3, 0xF4, 0xF5};
  bool same = true;
  for (const auto a : bytes)
    for (const auto b : bytes)
      for (const auto c : bytes)
        for (const auto d : bytes) {
          const std::string text = std::string((a + b + c + d) % 9, 'x') + static_cast<char>(a) + static_cast<char>(b) +
                                   static_cast<char>(c) + static_cast<char>(d) + "tail of text";
          same = same && lossy(text) == test::whatwg_utf8_decoded(text);
        }
  CHECK(same);
}

}  // namespace
}  // namespace martd
