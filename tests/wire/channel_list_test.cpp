#include "wire/channel_list.h"

#include <doctest/doctest.h>

namespace martd::wire {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("channel list: names at commas, percent-encoded, each once") {
  CHECK(parse_channel_list("a, b", 10).value() == Names{"a", "b"});
  CHECK(parse_channel_list(" a ,,b,a ", 10).value() == Names{"a", "b"});
  CHECK(parse_channel_list("a%2Cb,gr%C3%BCn", 10).value() == Names{"a,b", "gr\xC3\xBCn"});
  CHECK(parse_channel_list("", 10).value().empty());
  CHECK(parse_channel_list("a,b", 2).value().size() == 2);
}

TEST_CASE("channel list: what is no name is refused") {
  for (const char* text : {"a,.b", "%", "%zz", "cid", "a,martd.x", "%00", "%FF", "a,Last-Event-ID", "_"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_channel_list(text, 10).has_value());
  }
  CHECK(parse_channel_list("a,b,c", 2).error().message == "more than 2 channels");
  CHECK(parse_channel_list("a,b,a,c,.d", 2, Surplus::left_out).value() == Names{"a", "b"});
}

TEST_CASE("channel list: where they stood, as a query") {
  CHECK(format_positions(Names{"a", "b&c"}, std::vector<push::Etag>{push::Etag{5}, push::Etag{7}}) == "a=5&b%26c=7");
  CHECK(format_positions({}, {}).empty());
}

TEST_CASE("channel list: of where they stood, as many as there is room for") {
  CHECK(cut_positions("a=5&b=7&c=9", 11) == "a=5&b=7&c=9");
  CHECK(cut_positions("a=5&b=7&c=9", 10) == "a=5&b=7");
  CHECK(cut_positions("a=5&b=7&c=9", 7) == "a=5&b=7");
  CHECK(cut_positions("a=5&b=7&c=9", 6) == "a=5");
  CHECK(cut_positions("a=5&b=7&c=9", 2) == "");
  CHECK(cut_positions("a=5", 2) == "");
  CHECK(cut_positions("", 0) == "");
}

}  // namespace
}  // namespace martd::wire
