#include "options/option_report.h"

#include <doctest/doctest.h>

#include <map>

#include "options/option_table.h"

namespace martd {
namespace {

std::map<std::string, std::string> report(const std::vector<std::string>& words) {
  const auto parsed = parse(words, Environment{});
  if (const auto* wrong = std::get_if<Wrong>(&parsed)) FAIL(wrong->line);
  std::map<std::string, std::string> all;
  for (auto& [name, value] : configuration_of(std::get<Run>(parsed).options)) all[name] = value;
  return all;
}

TEST_CASE("option report: every option that is built in, with the value in use") {
  const auto all = report({"--max-size", "77", "--heartbeat", "2.5s", "--http", "127.0.0.1:1", "--http", "[::1]:2",
                           "--origin", "https://a.example,https://b.example"});
  for (const OptionRow& row : option_rows()) {
    CAPTURE(row.text.name);
    CHECK(all.contains(std::string(row.text.name)));
  }
  CHECK(all.at("max-size") == "77");
  CHECK(all.at("heartbeat") == "2500ms");
  CHECK(all.at("http") == "127.0.0.1:1,[::1]:2");
  CHECK(all.at("origin") == "https://a.example,https://b.example");
  CHECK(all.at("https") == "none");
  CHECK(all.at("admin") == "localhost:54322");
  CHECK(all.at("publish-from") == "loopback");
  CHECK(all.at("max-payload") == "1M");
  CHECK(all.at("log-level") == "info");
  // These were once reported as `set` or `not set`, whatever they were set to.
  CHECK(all.at("store") == "none");
  CHECK(all.at("durability") == "always");
  CHECK(all.at("tls-records") == "own");
  CHECK(all.at("hsts") == "none");
  for (const char* flag : {"inject", "ktls", "https-redirect", "upstream-host", "access-log"}) {
    CAPTURE(flag);
    CHECK(all.at(flag) == "false");
  }
  const auto kept = report({"--store", "/var/lib/push.db", "--durability", "interval", "--https", "localhost:0",
                            "--hsts", "--inject", "http://localhost:3000"});
  CHECK(kept.at("store") == "/var/lib/push.db");
  CHECK(kept.at("durability") == "interval");
  CHECK(kept.at("hsts") == "365d");
  CHECK(kept.at("inject") == "true");
}

TEST_CASE("option report: of secrets only whether they are set") {
  CHECK(report({}).at("publish-secret") == "none");
  CHECK(report({}).at("admin-token") == "none");
  const auto all = report({"--publish-secret", "hush", "--admin-token", "hush"});
  for (const auto& [name, value] : all) CHECK(value.find("hush") == std::string::npos);
  CHECK(all.at("publish-secret") == "set");
  CHECK(all.at("admin-token") == "set");
}

}  // namespace
}  // namespace martd
