#include "admin/statistics.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "admin/health.h"
#include "some_figures.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;
using test::all_figures;
using test::some_figures;

constexpr Time kNow{std::chrono::seconds{1763600000}};

TEST_CASE("statistics: one JSON object by group") {
  const boost::json::value stats = boost::json::parse(stats_json(some_figures(), {}));
  CHECK(stats.at("server").at("version").as_string() == MARTD_VERSION);
  CHECK(stats.at("server").at("uptime_seconds").to_number<double>() == 90);
  CHECK(stats.at("channels").at("published").to_number<std::uint64_t>() == 12345678901);
  CHECK(stats.at("subscribers").at("total").to_number<int>() == 6);
  CHECK(stats.at("deliveries").at("poll").to_number<int>() == 10);
  CHECK(stats.at("endings").at("one2one").to_number<int>() == 4);
  CHECK(stats.at("server").at("loops").as_array().size() == 2);
  const boost::json::value& latency = stats.at("latency").at("publish_to_write");
  CHECK(latency.at("count").to_number<int>() == 4);
  CHECK(latency.at("bounds_seconds").as_array().size() + 1 == latency.at("buckets").as_array().size());
  for (const char* part : {"tls", "proxy", "store"}) CHECK_FALSE(stats.as_object().contains(part));
}

TEST_CASE("statistics: a part's group is there when the part is") {
  const boost::json::value stats = boost::json::parse(stats_json(all_figures(), {}));
  CHECK(stats.at("tls").at("resumed").to_number<int>() == 6);
  CHECK(stats.at("proxy").at("requests_by_class").at(1).to_number<int>() == 200);
  CHECK(stats.at("store").at("commits").to_number<int>() == 8);
}

TEST_CASE("statistics: pushes by minute, hour and day, and the configuration") {
  PushHistory pushes;
  pushes.record(5, kNow);
  pushes.record(7, kNow + 60s);
  Setup setup;
  setup.listening = {"http://127.0.0.1:54321"};
  setup.prefix = "/push";
  setup.configuration = {{"max-size", "100"}, {"publish-secret", "set"}};
  const boost::json::value stats = boost::json::parse(full_stats_json(some_figures(), {}, pushes, setup, kNow + 60s));
  CHECK(stats.at("pushes").at("by_minute").as_array().size() == 60);
  CHECK(stats.at("pushes").at("by_minute").at(59).to_number<int>() == 2);
  CHECK(stats.at("pushes").at("by_minute").at(58).to_number<int>() == 5);
  CHECK(stats.at("pushes").at("by_hour").at(23).to_number<int>() == 7);
  CHECK(stats.at("pushes").at("by_day").as_array().size() == 30);
  CHECK(stats.at("configuration").at("max-size").as_string() == "100");
  CHECK(stats.at("configuration").at("publish-secret").as_string() == "set");
  CHECK(stats.at("server").at("listening").at(0).as_string() == "http://127.0.0.1:54321");
  CHECK(stats.at("server").at("prefix").as_string() == "/push");
}

TEST_CASE("health: ill where a loop has not turned for two seconds, ready where it accepts and can store, too") {
  Figures f = all_figures();
  CHECK(ailment(f).empty());
  CHECK(unreadiness(f).empty());
  f.store->committing = 2500ms;
  CHECK(ailment(f) == "store: a commit has taken 2.5 s so far");
  f.store->problem = "the disk is full";
  CHECK(ailment(f) == "store: the disk is full; pushes are refused");
  CHECK(unreadiness(f) == ailment(f));
  f.store->problem.clear();
  f.store->committing = {};
  f.accepting = false;
  CHECK(ailment(f).empty());
  CHECK(unreadiness(f) == "not accepting connections");
  f.loops[1].since_turn = 3200ms;
  CHECK(ailment(f) == "event loop 1 has not turned for 3.2 s");
  CHECK(unreadiness(f) == ailment(f));
}

}  // namespace
}  // namespace martd::admin
