#include "admin/metrics.h"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "some_figures.h"

namespace martd::admin {
namespace {

using test::all_figures;
using test::some_figures;

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

TEST_CASE("metrics: a histogram has cumulative buckets, its sum and its count") {
  const std::string text = metrics_text(some_figures(), {});
  CHECK(has_line(text, "martd_publish_to_write_seconds_bucket{le=\"5e-05\"} 0"));
  CHECK(has_line(text, "martd_publish_to_write_seconds_bucket{le=\"0.0001\"} 2"));
  CHECK(has_line(text, "martd_publish_to_write_seconds_bucket{le=\"0.0025\"} 2"));
  CHECK(has_line(text, "martd_publish_to_write_seconds_bucket{le=\"0.005\"} 3"));
  CHECK(has_line(text, "martd_publish_to_write_seconds_bucket{le=\"10\"} 3"));
  CHECK(has_line(text, "martd_publish_to_write_seconds_bucket{le=\"+Inf\"} 4"));
  CHECK(has_line(text, "martd_publish_to_write_seconds_sum 20.003160000"));
  CHECK(has_line(text, "martd_publish_to_write_seconds_count 4"));
  CHECK(has_line(text, "martd_loop_lag_seconds_bucket{loop=\"0\",le=\"0.001\"} 1"));
  CHECK(has_line(text, "martd_loop_lag_seconds_count{loop=\"1\"} 0"));
}

TEST_CASE("metrics: a part's series are there when the part is") {
  const std::string without = metrics_text(some_figures(), {});
  for (const char* part : {"martd_tls", "martd_proxy", "martd_store"}) CHECK(without.find(part) == std::string::npos);
  const std::string text = metrics_text(all_figures(), {});
  CHECK(has_line(text, "martd_tls_handshakes_total{kind=\"full\"} 5"));
  CHECK(has_line(text, "martd_tls_handshakes_total{kind=\"resumed\"} 6"));
  CHECK(has_line(text, "martd_tls_handshake_failures_total 7"));
  CHECK(has_line(text, "martd_proxy_requests_total{code=\"2xx\"} 200"));
  CHECK(has_line(text, "martd_proxy_failures_total{failure=\"refused\"} 3"));
  CHECK(has_line(text, "martd_proxy_request_duration_seconds_count 2"));
  CHECK(has_line(text, "martd_store_commits_total 8"));
  CHECK(has_line(text, "martd_store_up 1"));
  CHECK(has_line(text, "martd_store_commit_duration_seconds_bucket{le=\"0.005\"} 1"));
}

TEST_CASE("metrics: every line is one of the format's, each family stands once, counters end in _total") {
  const std::regex comment("# (HELP [a-z0-9_]+ [^\\\\]+|TYPE [a-z0-9_]+ (counter|gauge|histogram))");
  const std::regex sample("([a-z0-9_]+)(\\{[a-z]+=\"[^\"\\\\]*\"(,le=\"[^\"]*\")?\\})? [0-9]+(\\.[0-9]+)?");
  const std::regex type("# TYPE ([a-z0-9_]+) (counter|gauge|histogram)");
  std::set<std::string> families;
  std::set<std::string> samples;
  std::istringstream lines(metrics_text(all_figures(), read_process_figures()));
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::smatch match;
    if (std::regex_match(line, match, type)) {
      CHECK(families.insert(match[1]).second);
      CHECK((match[2] == "counter") == match[1].str().ends_with("_total"));
    } else if (std::regex_match(line, match, sample)) {
      const std::string family = std::regex_replace(match[1].str(), std::regex("_(bucket|sum|count)$"), "");
      CHECK((families.contains(match[1]) || families.contains(family)));
      CHECK(samples.insert(match[1].str() + match[2].str()).second);
    } else {
      CHECK(std::regex_match(line, comment));
    }
  }
  CHECK(families.size() > 30);
}

TEST_CASE("metrics: promtool has nothing to say against them") {
  // It ends with 1 where the text can't be read and with 3 where a name or a type is not as the convention has it.
  std::FILE* const promtool = ::popen("promtool check metrics >&2", "w");
  REQUIRE(promtool != nullptr);
  const std::string text = metrics_text(all_figures(), read_process_figures());
  CHECK(std::fwrite(text.data(), 1, text.size(), promtool) == text.size());
  const int status = ::pclose(promtool);
  REQUIRE(WIFEXITED(status));
  CHECK_MESSAGE(WEXITSTATUS(status) == 0, "promtool (Debian: prometheus) says why on standard error");
}

std::string read_document(const std::string& name) {
  std::ifstream file(std::string(MARTD_DOCS) + '/' + name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("metrics: each is described for operators, and the Grafana dashboard asks for those that there are") {
  const std::string text = metrics_text(all_figures(), read_process_figures());
  const std::string described = read_document("admin-api.md");
  std::set<std::string> families;
  const std::regex type("# TYPE ([a-z0-9_]+) ");
  for (std::sregex_iterator match(text.begin(), text.end(), type), end; match != end; ++match) {
    families.insert((*match)[1]);
    CAPTURE((*match)[1].str());
    CHECK(std::regex_search(described, std::regex('`' + (*match)[1].str() + "[`{]")));
  }
  const std::string dashboard = read_document("grafana-dashboard.json");
  CHECK(boost::json::parse(dashboard).at("panels").as_array().size() > 20);
  const std::regex asked("(martd|process)_[a-z_]+");
  for (std::sregex_iterator match(dashboard.begin(), dashboard.end(), asked), end; match != end; ++match) {
    CAPTURE(match->str());
    CHECK(families.contains(std::regex_replace(match->str(), std::regex("_bucket$"), "")));
  }
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
