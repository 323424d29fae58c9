#include "admin/reports.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <regex>
#include <set>
#include <sstream>

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

Figures some_figures() {
  Figures f;
  f.uptime = 90s;
  f.accepting = true;
  f.connections = 7;
  f.published_total = 12345678901;
  f.transports = {{"poll", 1, 10}, {"sse", 2, 20}, {"lines", 3, 30}};
  f.endings[static_cast<std::size_t>(push::Ending::one2one)] = 4;
  f.loops = {{100ms, 3}, {1900ms, 4}};
  return f;
}

bool has_line(const std::string& text, const std::string& line) {
  return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

TEST_CASE("metrics: the figures, in Prometheus's text format") {
  const std::string text = metrics_text(some_figures(), {});
  CHECK(has_line(text, "martd_uptime_seconds 90.000000"));
  CHECK(has_line(text, "martd_accepting 1"));
  CHECK(has_line(text, "martd_connections 7"));
  CHECK(has_line(text, "martd_messages_published_total 12345678901"));
  CHECK(has_line(text, "martd_subscribers{transport=\"sse\"} 2"));
  CHECK(has_line(text, "martd_deliveries_total{transport=\"lines\"} 30"));
  CHECK(has_line(text, "martd_endings_total{ending=\"one2one\"} 4"));
  CHECK(has_line(text, "martd_loop_turn_age_seconds{loop=\"1\"} 1.900000"));
  CHECK(has_line(text, "martd_build_info{version=\"" MARTD_VERSION "\"} 1"));
}

TEST_CASE("metrics: every line is one of the format's, each family stands once, counters end in _total") {
  const std::regex comment("# (HELP [a-z_]+ [^\\\\]+|TYPE [a-z_]+ (counter|gauge))");
  const std::regex sample("([a-z_]+)(\\{[a-z_]+=\"[^\"\\\\]*\"\\})? [0-9]+(\\.[0-9]+)?");
  const std::regex type("# TYPE ([a-z_]+) (counter|gauge)");
  std::set<std::string> families;
  std::set<std::string> samples;
  Figures figures = some_figures();
  figures.store.emplace();
  std::istringstream lines(metrics_text(figures, read_process_figures()));
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::smatch match;
    if (std::regex_match(line, match, type)) {
      CHECK(families.insert(match[1]).second);
      CHECK((match[2] == "counter") == match[1].str().ends_with("_total"));
    } else if (std::regex_match(line, match, sample)) {
      CHECK(families.contains(match[1]));
      CHECK(samples.insert(match[1].str() + match[2].str()).second);
    } else {
      CHECK(std::regex_match(line, comment));
    }
  }
  CHECK(families.size() > 20);
}

TEST_CASE("statistics: one JSON object by group") {
  const boost::json::value stats = boost::json::parse(stats_json(some_figures(), {}));
  CHECK(stats.at("server").at("version").as_string() == MARTD_VERSION);
  CHECK(stats.at("server").at("uptime_seconds").to_number<double>() == 90);
  CHECK(stats.at("channels").at("published").to_number<std::uint64_t>() == 12345678901);
  CHECK(stats.at("subscribers").at("total").to_number<int>() == 6);
  CHECK(stats.at("deliveries").at("poll").to_number<int>() == 10);
  CHECK(stats.at("endings").at("one2one").to_number<int>() == 4);
  CHECK(stats.at("server").at("loops").as_array().size() == 2);
}

TEST_CASE("health: ill where a loop has not turned for two seconds, ready where it accepts, too") {
  Figures f = some_figures();
  CHECK(ailment(f).empty());
  CHECK(unreadiness(f).empty());
  f.accepting = false;
  CHECK(ailment(f).empty());
  CHECK(unreadiness(f) == "not accepting connections");
  f.loops[1].since_turn = 3200ms;
  CHECK(ailment(f) == "event loop 1 has not turned for 3.2 s");
  CHECK(unreadiness(f) == ailment(f));
}

TEST_CASE("store: it is told of where there is one, and its trouble is the server's") {
  Figures f = some_figures();
  CHECK(metrics_text(f, {}).find("martd_store") == std::string::npos);
  f.store.emplace();
  f.store->commits_total = 3;
  CHECK(has_line(metrics_text(f, {}), "martd_store_up 1"));
  CHECK(has_line(metrics_text(f, {}), "martd_store_commits_total 3"));
  CHECK(boost::json::parse(stats_json(f, {})).at("store").at("commits").to_number<int>() == 3);
  CHECK(ailment(f).empty());
  f.store->committing = 2500ms;
  CHECK(ailment(f) == "store: a commit has taken 2.5 s so far");
  f.store->problem = "the disk is full";
  CHECK(ailment(f) == "store: the disk is full; pushes are refused");
  CHECK(unreadiness(f) == ailment(f));
  CHECK(has_line(metrics_text(f, {}), "martd_store_up 0"));
}

TEST_CASE("process figures: the system tells them") {
  const ProcessFigures p = read_process_figures();
  CHECK(p.resident_bytes > 1'000'000);
  CHECK(p.open_files >= 3);
  CHECK(p.max_open_files >= p.open_files);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(p.start_time_seconds > now - 3600);
  CHECK(p.start_time_seconds < now + 5);
}

}  // namespace
}  // namespace martd::admin
