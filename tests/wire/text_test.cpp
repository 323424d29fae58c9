#include "wire/text.h"

#include <doctest/doctest.h>

#include <array>
#include <boost/json.hpp>
#include <vector>

#include "support/utf8_decoder.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

std::string lossy(std::string_view bytes) {
  std::string out = "|";
  append_utf8_lossy(out, bytes);
  return out.substr(1);
}

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out = "|";
  append_base64(out, bytes);
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

TEST_CASE("lists: elements without the space around them, the empty ones as well") {
  std::vector<std::string_view> elements;
  for (std::string_view list = " a ,b c,,\td"; !list.empty();) elements.push_back(take_element(list));
  CHECK(elements == std::vector<std::string_view>{"a", "b c", "", "d"});
  std::string_view last = "a,";
  CHECK(take_element(last) == "a");
  CHECK(last.empty());
  std::string_view parameters = "gzip ; q=0, br";
  CHECK(take_element(parameters, ';') == "gzip");
  CHECK(parameters == " q=0, br");
}

TEST_CASE("base64: RFC 4648's examples") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFB\xFF\xFE") == "+//+");
}

TEST_CASE("base64: more than one piece is one run without padding between") {
  const std::string big((std::size_t{3} << 24) + 4, 'a');
  const std::string encoded = base64(big);
  REQUIRE(encoded.size() == (big.size() + 2) / 3 * 4);
  CHECK(encoded.find('=') == encoded.size() - 2);
  CHECK(encoded.find('\0') == std::string::npos);
  CHECK(encoded.substr(encoded.size() - 12) == "YWFhYWFhYQ==");
  CHECK(encoded.substr((std::size_t{1} << 26) - 4, 8) == "YWFhYWFh");
}

TEST_CASE("JSON string: what must be escaped is, all else stays") {
  CHECK(json("") == "\"\"");
  CHECK(json("plain") == "\"plain\"");
  CHECK(json("a\"b\\c/d") == "\"a\\\"b\\\\c/d\"");
  CHECK(json("\b\f\n\r\t") == "\"\\b\\f\\n\\r\\t\"");
  CHECK(json(std::string_view("\0\x01\x1F", 3)) == "\"\\u0000\\u0001\\u001F\"");
  CHECK(json("\x7F<>&'") == "\"\x7F<>&'\"");
  CHECK(json("Grüße, 世界 🎉") == "\"Grüße, 世界 🎉\"");
}

// Python's str.splitlines() takes U+0085 for the end of a line, as it does U+2028: a reader of a line stream got half
// an object.
TEST_CASE("JSON string: U+0085 is escaped, its neighbours not") {
  CHECK(json("\xC2\x85") == "\"\\u0085\"");
  CHECK(json("a\xC2\x85z") == "\"a\\u0085z\"");
  CHECK(json("\xC2\x84\xC2\x86\xC3\x85") == "\"\xC2\x84\xC2\x86\xC3\x85\"");
  CHECK(json("\xC2\x85\xC2\x85\"\xC2\xA0") == "\"\\u0085\\u0085\\\"\xC2\xA0\"");
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string blanks(before, ' ');
    CHECK(json(blanks + "\xC2\x85" + blanks) == '"' + blanks + "\\u0085" + blanks + '"');
  }
}

TEST_CASE("JSON string: U+2028 and U+2029 are escaped, their neighbours not") {
  CHECK(json("\xE2\x80\xA8") == "\"\\u2028\"");
  CHECK(json("a\xE2\x80\xA9z") == "\"a\\u2029z\"");
  CHECK(json("\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xAC") == "\"\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xAC\"");
  CHECK(json("\xE2\x80\xA8\xE2\x80\xA8\"") == "\"\\u2028\\u2028\\\"\"");
}

TEST_CASE("JSON string: every byte of ASCII at every place in a word is read back the same") {
  for (int byte = 0; byte < 0x80; ++byte)
    for (std::size_t before = 0; before < 17; ++before) {
      const std::string text = std::string(before, 'x') + static_cast<char>(byte) + std::string(before / 2, 'y');
      REQUIRE(boost::json::parse(json(text)).as_string() == text);
    }
}

TEST_CASE("form decoding") {
  CHECK(decode_form("") == "");
  CHECK(decode_form("plain") == "plain");
  CHECK(decode_form("a+b%20c") == "a b c");
  CHECK(decode_form("%2B%25%26%3D") == "+%&=");
  CHECK(decode_form("%e4%B8%96") == "世");
  CHECK(decode_form("%00") == std::string(1, '\0'));
  CHECK(decode_form("世") == "世");
  for (const char* text : {"%", "%1", "a%", "%g0", "%0g", "%%20", "%u0041", "% 1", "%+1"}) {
    CAPTURE(text);
    CHECK(decode_form(text) == std::nullopt);
  }
}

TEST_CASE("component encoding: only unreserved characters stay, and all of it is decoded back") {
  CHECK(encode_component("AZaz09-._~") == "AZaz09-._~");
  CHECK(encode_component("a b+c&d=e/f?") == "a%20b%2Bc%26d%3De%2Ff%3F");
  CHECK(encode_component("世") == "%E4%B8%96");
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  CHECK(decode_form(encode_component(every)) == every);
}

TEST_CASE("names compare without regard to the case of ASCII letters, and nothing else") {
  CHECK(iequals("Content-Length", "content-lENGTH"));
  CHECK(iequals("", ""));
  CHECK_FALSE(iequals("Host", "Hosts"));
  CHECK_FALSE(iequals("@", "`"));
  CHECK_FALSE(iequals("[", "{"));
  CHECK_FALSE(iequals("Ä", "ä"));
}

TEST_CASE("nearest: finds what was meant, and doesn't guess") {
  constexpr std::array<std::string_view, 8> known{"channel", "size", "life", "one2one", "key", "expire", "event", "id"};
  const auto meant = [&known](std::string_view word) {
    return nearest(word, known.data(), known.data() + known.size());
  };
  CHECK(meant("chanel") == "channel");
  CHECK(meant("channels") == "channel");
  CHECK(meant("sise") == "size");
  CHECK(meant("Size") == "size");
  CHECK(meant("lief") == "life");
  CHECK(meant("ONE2ONE") == "one2one");
  CHECK(meant("onetoone") == "one2one");
  CHECK(meant("kye") == "key");
  CHECK(meant("expires") == "expire");
  CHECK(meant("evnet") == "event");
  CHECK(meant("size") == "size");
  CHECK(meant("colour") == "");
  CHECK(meant("zz") == "");
  CHECK(meant("") == "");
  CHECK(meant(std::string(100000, 's')) == "");
  CHECK(nearest("size", nullptr, nullptr) == "");
}

TEST_CASE("what a message shows is valid UTF-8 of some 64 bytes at most") {
  CHECK(shown("short") == "short");
  CHECK(shown("\xFF") == "�");
  CHECK(shown(std::string(64, 'a')) == std::string(64, 'a'));
  CHECK(shown(std::string(65, 'a')) == std::string(64, 'a') + "…");
  std::string wide;
  for (int i = 0; i < 40; ++i) wide += "🎉";
  for (std::size_t before = 0; before < 4; ++before) {
    const std::string text = shown(std::string(before, 'a') + wide);
    CHECK(text.find("�") == std::string::npos);
    CHECK(text.size() <= 64 + 3);
  }
}

}  // namespace
}  // namespace martd::wire
