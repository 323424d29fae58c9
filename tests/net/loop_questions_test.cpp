#include "net/loop_questions.h"

#include <doctest/doctest.h>

#include <thread>

using namespace martd;
using namespace martd::net;
using namespace std::chrono_literals;

namespace {

struct TwoLoops {
  Clock clock;
  Loop first{clock};
  Loop second{clock};
  LoopQuestions questions{{&first, &second}};
};

}  // namespace

TEST_CASE_FIXTURE(TwoLoops, "questions: every loop answers on its own thread") {
  std::thread one([&] { first.run(); }), two([&] { second.run(); });
  const auto answers = questions.ask<std::thread::id>([](std::size_t) { return std::this_thread::get_id(); }, 20s);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0] == one.get_id());
  CHECK(answers[1] == two.get_id());
  first.stop();
  second.stop();
  one.join();
  two.join();
}

TEST_CASE_FIXTURE(TwoLoops, "questions: a loop that doesn't come round is left out, and gathers no more than some") {
  std::thread one([&] { first.run(); });
  auto asked = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 3 * LoopQuestions::kMostUnanswered; ++i) {
    const auto answers = questions.ask<int>(
        [asked](std::size_t loop) {
          if (loop == 1) ++*asked;
          return static_cast<int>(loop) + 7;
        },
        i == 0 ? 50ms : 1ms);
    if (i == 0) CHECK(answers[0] == 7);
    CHECK_FALSE(answers[1]);
  }
  first.stop();
  one.join();
  // Now it comes round, and answers what it was asked to nobody.
  second.post([&] { second.stop(); });
  second.run();
  CHECK(*asked == LoopQuestions::kMostUnanswered);
}
