#include "push/batch.h"

#include "hub_test.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

int encoded = 0;

void encode(const Batch& batch, std::vector<FramePtr>& out) {
  ++encoded;
  auto* frame = new Frame;
  out.emplace_back(frame);
  frame->bytes = text(batch.messages());
  set_cursor(*frame, batch.last());
}

struct BatchTest {
  std::vector<Message> messages{
      {Etag{11}, kStart, content("a")}, {Etag{12}, kStart, content("")}, {Etag{13}, kStart, content("c")}};
  Batch batch{"news", Etag{10}, messages};
};

}  // namespace

TEST_CASE_FIXTURE(BatchTest, "batch: knows what lies before it and what its last is") {
  CHECK(batch.channel() == "news");
  CHECK(batch.before() == Etag{10});
  CHECK(batch.last() == Etag{13});
  CHECK(Batch("news", Etag{10}, {}).last() == Etag{10});
}

TEST_CASE_FIXTURE(BatchTest, "batch: what of it follows an etag") {
  CHECK(text(batch.after(Etag{10}).messages()) == "a c");
  CHECK(text(batch.after(Etag{11}).messages()) == "c");
  CHECK(batch.after(Etag{11}).before() == Etag{11});
  CHECK(batch.after(Etag{13}).messages().empty());
  CHECK_FALSE(batch.after(Etag{13}).visible());
}

TEST_CASE_FIXTURE(BatchTest, "batch: of empty messages only, there is nothing to send") {
  CHECK(batch.visible());
  CHECK_FALSE(Batch("news", Etag{11}, std::span(messages).subspan(1, 1)).visible());
}

TEST_CASE_FIXTURE(BatchTest, "batch: the first who asks has a form made, the others share its bytes") {
  encoded = 0;
  const FramePtr first = batch.frames(0, encode).front();
  CHECK(batch.frames(0, encode).front() == first);
  CHECK(encoded == 1);
  CHECK(batch.frames(1, encode).front() != first);
  CHECK(encoded == 2);
  CHECK(first->bytes == "a c");
}
