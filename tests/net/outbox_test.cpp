#include "net/outbox.h"

#include <doctest/doctest.h>

using namespace martd;

namespace {

FramePtr frame(std::string bytes) {
  auto* made = new Frame;
  made->bytes = std::move(bytes);
  return FramePtr(made);
}

/// Everything that is in it, taken `step` bytes at a time.
std::string drained(net::Outbox& outbox, std::size_t step) {
  std::string out;
  while (!outbox.empty()) {
    const std::string_view front = outbox.front().substr(0, step);
    out += front;
    outbox.remove(front.size());
  }
  return out;
}

}  // namespace

TEST_CASE("outbox: gives what was put in, in order, however much the socket takes at a time") {
  for (std::size_t step = 1; step < 8; ++step) {
    net::Outbox outbox;
    outbox.push(frame("abc"));
    outbox.push(frame("defgh"));
    outbox.push(frame("i"));
    CHECK(outbox.bytes() == 9);
    CHECK(drained(outbox, step) == "abcdefghi");
    CHECK(outbox.bytes() == 0);
  }
}

TEST_CASE("outbox: what was written of the first frame already is left out") {
  net::Outbox outbox;
  outbox.push(frame("abc"), 2);
  CHECK(outbox.bytes() == 1);
  CHECK(outbox.front() == "c");
  outbox.push(frame("de"));
  CHECK(outbox.bytes() == 3);
  CHECK(drained(outbox, 2) == "cde");
}

TEST_CASE("outbox: filled again while it is being emptied") {
  net::Outbox outbox;
  outbox.push(frame("abc"));
  outbox.remove(2);
  outbox.push(frame("de"));
  CHECK(outbox.bytes() == 3);
  outbox.remove(1);
  CHECK(outbox.front() == "de");
  outbox.remove(2);
  CHECK(outbox.empty());
  outbox.push(frame("f"));
  CHECK(drained(outbox, 9) == "f");
}

TEST_CASE("outbox: shares its frames, and lets go of each as soon as it is written") {
  net::Outbox outbox;
  const FramePtr shared = frame("abc");
  outbox.push(shared);
  outbox.push(frame("d"));
  CHECK(shared->use_count() == 2);
  CHECK(outbox.front().data() == shared->bytes.data());
  outbox.remove(3);
  CHECK(shared->use_count() == 1);
}
