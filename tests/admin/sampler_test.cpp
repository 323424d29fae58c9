#include "admin/sampler.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "some_figures.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{std::chrono::seconds{1763600000}};

Sampler::Look look(int second, std::uint64_t published) {
  Figures figures = test::some_figures();
  figures.published_total = published;
  return {kNow + second * 1s, figures};
}

TEST_CASE("sampler: what each second brought") {
  Sampler sampler([] { return std::nullopt; });
  sampler.add(look(0, 5));
  sampler.add(look(1, 12));
  CHECK(sampler.recent_json() == R"({"seconds":[[1763600000.000,5,60,6],[1763600001.000,7,0,6]]})");
  const boost::json::value recent = boost::json::parse(sampler.recent_json());
  REQUIRE(recent.at("seconds").as_array().size() == 2);
  CHECK(recent.at("seconds").at(1).at(0).to_number<double>() == 1763600001);
  CHECK(recent.at("seconds").at(1).at(1).to_number<int>() == 7);
  CHECK(recent.at("seconds").at(0).at(2).to_number<int>() == 60);
  CHECK(recent.at("seconds").at(1).at(2).to_number<int>() == 0);
  CHECK(recent.at("seconds").at(1).at(3).to_number<int>() == 6);
  CHECK(sampler.pushes().total() == 12);
}

TEST_CASE("sampler: five minutes are kept") {
  Sampler sampler([] { return std::nullopt; });
  CHECK(sampler.recent_json() == R"({"seconds":[]})");
  for (int second = 0; second < 400; ++second) sampler.add(look(second, 0));
  CHECK(boost::json::parse(sampler.recent_json()).at("seconds").as_array().size() == 300);
}

TEST_CASE("sampler: all who wait are given the same look, and let go when it stops") {
  Sampler sampler([] { return look(0, 1); });
  CHECK_FALSE(sampler.after(0, 0ms));
  sampler.start();
  const auto tick = sampler.after(0, 20s);
  REQUIRE(tick);
  CHECK(tick->number >= 1);
  CHECK(boost::json::parse(*tick->stats).is_object());
  const auto next = sampler.after(tick->number, 20s);
  REQUIRE(next);
  CHECK(next->number > tick->number);
  std::thread waiting([&] { CHECK_FALSE(sampler.after(UINT64_MAX, 20s)); });
  std::thread sleeping([&] { sampler.sleep(20s); });
  sampler.stop();
  waiting.join();
  sleeping.join();
  CHECK(sampler.stopped());
  sampler.stop();
}

TEST_CASE("sampler: a look is written down only while somebody watches") {
  Sampler sampler([] { return std::nullopt; });
  sampler.add(look(0, 1));
  CHECK_FALSE(sampler.after(0, 0ms));  // nothing was written, and now somebody has asked
  sampler.add(look(1, 2));
  const auto tick = sampler.after(0, 0ms);
  REQUIRE(tick);
  CHECK(boost::json::parse(*tick->stats).at("channels").at("published").to_number<int>() == 2);
  sampler.add(look(2, 3));
  CHECK(sampler.after(tick->number, 0ms));
  sampler.add(look(3, 4));
  sampler.add(look(4, 5));
  CHECK(boost::json::parse(*sampler.after(0, 0ms)->stats).at("channels").at("published").to_number<int>() == 4);
}

TEST_CASE("sampler: ends by itself where the server is gone") {
  std::atomic<int> looks = 0;
  Sampler sampler([&]() -> std::optional<Sampler::Look> {
    ++looks;
    return std::nullopt;
  });
  sampler.start();
  sampler.stop();
  CHECK(looks == 1);
}

}  // namespace
}  // namespace martd::admin
