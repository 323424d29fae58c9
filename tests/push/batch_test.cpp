#include "push/batch.h"

#include "hub_fixture.h"

using namespace martd;
using namespace martd::push;
using namespace martd::push::test;

namespace {

int encoded = 0;

struct Text final : Form {
  void write(const Batch& batch, std::vector<FramePtr>& out) const override {
    ++encoded;
    auto* frame = new Frame;
    out.emplace_back(frame);
    frame->bytes = text(batch.messages());
    set_cursor(*frame, batch.last());
  }
};
const Text one, other;

/// Made of another form's bytes.
struct Twice final : Form {
  void write(const Batch& batch, std::vector<FramePtr>& out) const override {
    auto* frame = new Frame;
    out.emplace_back(frame);
    for (const Form* form : {static_cast<const Form*>(&one), static_cast<const Form*>(&other)})
      frame->bytes += batch.frames(*form).front()->bytes;
  }
};

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
  const FramePtr first = batch.frames(one).front();
  CHECK(batch.frames(one).front() == first);
  CHECK(encoded == 1);
  CHECK(batch.frames(other).front() != first);
  CHECK(encoded == 2);
  CHECK(first->bytes == "a c");
}

TEST_CASE_FIXTURE(BatchTest, "batch: a form may be made of others, which are there for whoever asks next") {
  const Twice twice;
  encoded = 0;
  CHECK(batch.frames(twice).front()->bytes == "a ca c");
  const auto kept = batch.frames(one);
  for (int i = 0; i < 2; ++i) batch.frames(other);
  CHECK(encoded == 2);
  CHECK(kept.front() == batch.frames(one).front());
}
