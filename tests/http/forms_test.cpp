#include "http/forms.h"

#include <doctest/doctest.h>

#include "../wire/messages.h"

using namespace martd;
using namespace martd::http;
using push::Batch;
using push::Etag;
using push::Message;

namespace {

std::string joined(const std::vector<push::FramePtr>& frames) {
  std::string all;
  for (const auto& frame : frames) all += frame->bytes;
  return all;
}

struct FormsTest {
  std::vector<Message> messages{wire::message(11, "a", "greeting"), wire::message(12, ""), wire::message(13, "b\nc")};
  Batch batch{"news", Etag{10}, messages};
};

}  // namespace

TEST_CASE_FIXTURE(FormsTest, "forms: a long-poll's whole answer, and its part") {
  CHECK(joined(frames(batch, kPollPart)) == "\"news\":{\"etag\":\"13\",\"payload\":[\"a\",\"b\\nc\"]}");
  const std::string answer = joined(frames(batch, kPollAnswer));
  const std::string body = "{\"channels\":{\"news\":{\"etag\":\"13\",\"payload\":[\"a\",\"b\\nc\"]}}}";
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("\r\nETag: \"13\"\r\n") != std::string::npos);
  CHECK(answer.find("\r\nCache-Control: no-store\r\n") != std::string::npos);
  CHECK(answer.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n" + body));
}

TEST_CASE_FIXTURE(FormsTest, "forms: events of a stream of one channel") {
  CHECK(joined(frames(batch, kEvents)) == "id: 11\nevent: greeting\ndata: a\n\nid: 13\ndata: b\ndata: c\n\n");
  CHECK(frames(batch, kEvents).back()->last == Etag{13});
}

TEST_CASE_FIXTURE(FormsTest, "forms: the same with .format=json, and lines") {
  const std::string first = "{\"channel\":\"news\",\"etag\":\"11\",\"payload\":\"a\",\"event\":\"greeting\"}";
  const std::string second = "{\"channel\":\"news\",\"etag\":\"13\",\"payload\":\"b\\nc\"}";
  CHECK(joined(frames(batch, kLines)) == first + "\n" + second + "\n");
  CHECK(joined(frames(batch, kJsonEvents)) == "id: 11\ndata: " + first + "\n\nid: 13\ndata: " + second + "\n\n");
}

TEST_CASE_FIXTURE(FormsTest,
                  "forms: of a stream of several channels, what follows the id, a frame for each visible message") {
  const auto& named = frames(batch, kNamedEventRests);
  REQUIRE(named.size() == 2);
  CHECK(named[0]->bytes == "event: news\ndata: a\n\n");
  CHECK(named[0]->last == Etag{11});
  CHECK(named[1]->bytes == "event: news\ndata: b\ndata: c\n\n");
  CHECK(named[1]->last == Etag{13});
  const auto& json = frames(batch, kJsonEventRests);
  REQUIRE(json.size() == 2);
  CHECK(json[1]->bytes.starts_with("data: {\"channel\":\"news\",\"etag\":\"13\""));
}

TEST_CASE_FIXTURE(FormsTest, "forms: a frame is made once and shared") {
  CHECK(frames(batch, kLines).front() == frames(batch, kLines).front());
}

TEST_CASE("forms: large batches are cut between messages, each frame knows its last, and none is empty") {
  std::vector<Message> messages;
  for (std::uint64_t i = 0; i < 30; ++i) messages.push_back(wire::message(11 + i, std::string(10000, 'x')));
  messages.push_back(wire::message(41, std::string(kFrameBytes, 'y')));
  messages.push_back(wire::message(42, ""));  // behind a frame that is full
  const Batch batch("news", Etag{10}, messages);
  for (const Form form : {kEvents, kJsonEvents, kLines}) {
    const auto& cut = frames(batch, form);
    CHECK(cut.size() > 4);
    CHECK(cut.back()->last == Etag{42});
    Etag before{10};
    for (const auto& frame : cut) {
      CHECK(frame->last > before);
      before = frame->last;
      CHECK(frame->bytes.size() < 2 * kFrameBytes);
      CHECK(frame->bytes.ends_with("\n"));
    }
  }
}
