#include "wire/poll_body.h"

#include <doctest/doctest.h>

#include <vector>

#include "wire/messages.h"

namespace martd::wire {
namespace {

using push::Etag;
using push::Missed;

std::string part(std::string_view channel, Etag cursor, Missed missed, const std::vector<push::Message>& messages) {
  std::string out;
  append_poll_channel(out, channel, cursor, missed, messages);
  return out;
}

TEST_CASE("poll body: a channel with its messages") {
  CHECK(part("news", Etag{8}, {}, {message(7, "a"), message(8, "b")}) ==
        "\"news\":{\"etag\":\"8\",\"payload\":[\"a\",\"b\"]}");
}

TEST_CASE("poll body: the whole answer, of several channels and of none") {
  std::string body(kPollBodyBegin);
  body += part("news", Etag{7}, {}, {message(7, "a")}) + "," + part("we\"ather", Etag{9}, {}, {});
  body += kPollBodyEnd;
  CHECK(
      body ==
      "{\"channels\":{\"news\":{\"etag\":\"7\",\"payload\":[\"a\"]},\"we\\\"ather\":{\"etag\":\"9\",\"payload\":[]}}}");
  CHECK(std::string(kPollBodyBegin).append(kPollBodyEnd) == "{\"channels\":{}}");
}

TEST_CASE("poll body: a loss is a count where it is known, else true") {
  CHECK(part("n", Etag{8}, Missed::of(3), {message(8, "b")}) ==
        "\"n\":{\"etag\":\"8\",\"payload\":[\"b\"],\"missed\":3}");
  CHECK(part("n", Etag{8}, Missed::some(), {}) == "\"n\":{\"etag\":\"8\",\"payload\":[],\"missed\":true}");
  CHECK(part("n", Etag{8}, Missed::of(0), {}) == "\"n\":{\"etag\":\"8\",\"payload\":[]}");
}

TEST_CASE("poll body: payloads that aren't UTF-8 are base64, and their indices are named") {
  CHECK(part("n", Etag{9}, Missed::of(1), {message(7, "\xFF"), message(8, "text"), message(9, "\xFB\xFF\xFE")}) ==
        "\"n\":{\"etag\":\"9\",\"payload\":[\"/w==\",\"text\",\"+//+\"],\"missed\":1,\"base64\":[0,2]}");
}

TEST_CASE("poll body: empty messages are left out, and the indices are those of what is delivered") {
  CHECK(part("n", Etag{9}, {}, {message(6, ""), message(7, "a"), message(8, ""), message(9, "\xFF")}) ==
        "\"n\":{\"etag\":\"9\",\"payload\":[\"a\",\"/w==\"],\"base64\":[1]}");
  CHECK(part("n", Etag{9}, {}, {message(9, "")}) == "\"n\":{\"etag\":\"9\",\"payload\":[]}");
}

}  // namespace
}  // namespace martd::wire
