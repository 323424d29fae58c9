#include "options/option_file.h"

#include <doctest/doctest.h>

namespace martd {
namespace {

/// `a=[1][2] b=[x]`, or `line: message`.
std::string read(std::string_view text) {
  const auto result = read_option_file(text);
  if (const auto* error = std::get_if<FileError>(&result)) return std::to_string(error->line) + ": " + error->message;
  std::string out;
  for (const FileEntry& entry : std::get<std::vector<FileEntry>>(result)) {
    out += (out.empty() ? "" : " ") + entry.key + '=';
    for (const std::string& value : entry.values) out += '[' + value + ']';
  }
  return out;
}

bool refused(std::string_view text, std::string_view why) { return read(text).find(why) != std::string::npos; }

TEST_CASE("file: keys and values of every kind that is taken") {
  CHECK(read("") == "");
  CHECK(read("# only a comment") == "");
  CHECK(read("a = 1") == "a=[1]");
  CHECK(read("a=1\nb-c = 1_000\r\nd_e=-0.5\n") == "a=[1] b-c=[1000] d_e=[-0.5]");
  CHECK(read("a = true # yes\nb = false") == "a=[true] b=[false]");
  CHECK(read("a = \"x y\"\nb = 'c:\\d'\nc = \"\"") == "a=[x y] b=[c:\\d] c=[]");
  CHECK(read("\"a\" = 1\n'b' = 2") == "a=[1] b=[2]");
  CHECK(read("\xEF\xBB\xBF"
             "a = 1") == "a=[1]");
}

TEST_CASE("file: what CLI11's reader would cut or split stays whole inside quotes") {
  CHECK(read("secret = \"a#b\"  # a comment") == "secret=[a#b]");
  CHECK(read("secret = \"a,b c;d\"") == "secret=[a,b c;d]");
  CHECK(read("secret = '[x]'") == "secret=[[x]]");
  CHECK(read("a = \"\"\"\n\"\"\"").find("several lines") != std::string::npos);
}

TEST_CASE("file: escapes") {
  CHECK(read(R"(a = "q\"b\\t\tu\u00E9\U0001F600")") == "a=[q\"b\\t\tu\xC3\xA9\xF0\x9F\x98\x80]");
  CHECK(refused(R"(a = "\x41")", "not an escape"));
  CHECK(refused(R"(a = "\uD800")", "not an escape"));
  CHECK(refused(R"(a = "\u12")", "not an escape"));
  CHECK(refused(R"(a = "\)", "not an escape"));
}

TEST_CASE("file: arrays over any number of lines") {
  CHECK(read("a = []") == "a=");
  CHECK(read("a = [\"x\", 'y',2]\nb=1") == "a=[x][y][2] b=[1]");
  CHECK(read("a = [ # one\n  \"x\", # two\n\n  \"y\",\n] # end\nb = 2") == "a=[x][y] b=[2]");
  CHECK(refused("a = [1", "without its ]"));
  CHECK(refused("a = [1 2]", "without a ,"));
  CHECK(refused("a = [[1]]", "not a value"));
}

TEST_CASE("file: what is not taken is refused with its line, and its value is not repeated") {
  CHECK(read("\n\nsecret = hunter2") ==
        "3: secret: not a value (taken: a \"string\" in quotes, a number, true or false, or an array of these)");
  CHECK(refused("a = 10m", "1: a: not a value"));
  CHECK(refused("a = 1 2", "1: a: more after the value"));
  CHECK(refused("a = 1__0", "not a value"));
  CHECK(refused("a = 1.", "not a value"));
  CHECK(refused("a =", "not a value"));
  CHECK(refused("a", "no value"));
  CHECK(refused("= 1", "not an option's name"));
  CHECK(refused("[a]\nb = 1", "1: a table"));
  CHECK(refused("a.b = 1", "a dotted key"));
  CHECK(refused("a = 1\n\na = 2", "3: a: a second time, first in line 1"));
  CHECK(refused("a = \"x", "without its end"));
  CHECK(refused("a = \"x\ny\"", "without its end"));
  CHECK(refused("a = \"\x01\"", "a control character"));
  CHECK(refused("a = \"\xFF\"", "not UTF-8"));
  CHECK(refused("a = {b = 1}", "not a value"));
}

}  // namespace
}  // namespace martd
