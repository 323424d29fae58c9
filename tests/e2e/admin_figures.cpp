// The admin listener: metrics, statistics, health.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <sstream>

#include "admin_server.h"
#include "support/temp_file.h"

using namespace martd::test;

namespace {

/// Each sample of a text of metrics by its name with its labels.
std::map<std::string, double> samples(const std::string& text) {
  std::map<std::string, double> all;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("#")) continue;
    const auto space = line.rfind(' ');
    all[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return all;
}

double sum(const json::value& numbers) {
  double all = 0;
  for (const json::value& number : numbers.as_array()) all += number.to_number<double>();
  return all;
}

}  // namespace

TEST_SUITE_BEGIN("admin");

TEST_CASE("metrics by the names that dashboards rely on, and promtool has nothing against them") {
  AdminServer server;
  EventStream stream(server.endpoint(), "news=now");
  CHECK(samples(server.desk.get("/metrics").body)["martd_follower_bytes"] > 512);
  // The first may still come while the stream reads what was there, which the histogram leaves out; the second doesn't.
  for (const char* payload : {"a", "b"}) {
    server.publish("news", payload);
    CHECK(stream.next().data == payload);
  }
  await("the observation, which follows the last write",
        [&] { return samples(server.desk.get("/metrics").body)["martd_publish_to_write_seconds_count"] >= 1; });
  const std::string text = server.desk.get("/metrics").body;
  auto all = samples(text);
  CHECK(all["martd_messages_published_total"] == 2);
  CHECK(all["martd_deliveries_total{transport=\"sse\"}"] == 2);
  CHECK(all["martd_subscribers{transport=\"sse\"}"] == 1);
  CHECK(all["martd_subscribers{transport=\"poll\"}"] == 0);
  CHECK(all["martd_channels"] == 1);
  CHECK(all["martd_backlog_bytes"] > 0);
  CHECK(all["martd_follower_bytes"] == 0);  // the channel counts with its messages now
  // It was 0 where the push and its write were in one turn of the loop, whose time was taken for both.
  CHECK(all["martd_publish_to_write_seconds_sum"] > 0);
  for (const char* name :
       {"martd_missed_total", "martd_slow_subscribers_total", "martd_endings_total{ending=\"kicked\"}",
        "martd_loop_lag_seconds_count{loop=\"0\"}", "martd_loop_turn_age_seconds{loop=\"0\"}",
        "process_resident_memory_bytes", "process_open_fds"}) {
    CAPTURE(name);
    CHECK(all.contains(name));
  }
  // Nothing is told of parts that aren't there.
  for (const char* part : {"martd_tls_", "martd_proxy_", "martd_store_"}) CHECK_FALSE(contains(text, part));

  std::FILE* const promtool = ::popen("promtool check metrics >&2", "w");
  REQUIRE(promtool != nullptr);
  CHECK(std::fwrite(text.data(), 1, text.size(), promtool) == text.size());
  const int status = ::pclose(promtool);
  CHECK_MESSAGE(status == 0, "promtool (Debian: prometheus) says why on standard error");
}

TEST_CASE("TLS handshakes are counted where there is a TLS listener") {
  AdminServer server({"--https", "localhost:0"});
  const Endpoint https = server.listening("https").at(0);
  auto all = samples(server.desk.get("/metrics").body);
  CHECK(all.at("martd_tls_handshakes_total{kind=\"full\"}") == 0);
  {
    Endpoint without_tls = https;
    without_tls.tls = false;
    Connection plain(without_tls);
    plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    plain.read_to_end();
  }
  await("a failed handshake",
        [&] { return samples(server.desk.get("/metrics").body).at("martd_tls_handshake_failures_total") == 1; });
  const std::string command = "curl -sk -o /dev/null https://localhost:" + std::to_string(https.port) + "/";
  CHECK(std::system(command.c_str()) == 0);
  all = samples(server.desk.get("/metrics").body);
  CHECK(all.at("martd_tls_handshakes_total{kind=\"full\"}") == 1);
  CHECK(all.at("martd_tls_handshake_failures_total") == 1);
}

TEST_CASE("requests for the site behind are counted where there is one, with what became of them") {
  std::uint16_t closed = 0;
  {
    TestServer gone;  // a port that nobody listens on any more
    closed = gone.endpoint().port;
  }
  AdminServer server({"--upstream", "http://127.0.0.1:" + std::to_string(closed)});
  CHECK(server.get("/blog").status == 502);
  await("the count, which follows the answer",
        [&] { return samples(server.desk.get("/metrics").body).at("martd_proxy_requests_total{code=\"5xx\"}") > 0; });
  const auto all = samples(server.desk.get("/metrics").body);
  CHECK(all.at("martd_proxy_requests_total{code=\"5xx\"}") == 1);
  CHECK(all.at("martd_proxy_requests_total{code=\"2xx\"}") == 0);
  CHECK(all.at("martd_proxy_failures_total{failure=\"refused\"}") == 1);
  CHECK(all.at("martd_proxy_request_duration_seconds_count") == 1);
  CHECK(server.stats().at("proxy").at("requests_by_class").at(4).to_number<int>() == 1);
}

TEST_CASE("statistics by group, with the pushes by minute, hour and day") {
  AdminServer server({"--threads", "2"});
  for (int i = 0; i < 5; ++i) server.publish("news", "a");
  const auto stats = server.stats();
  CHECK(stats.at("pushes").at("total").to_number<int>() == 5);
  CHECK(stats.at("pushes").at("by_minute").as_array().size() == 60);
  CHECK(stats.at("pushes").at("by_hour").as_array().size() == 24);
  CHECK(stats.at("pushes").at("by_day").as_array().size() == 30);
  // They are counted at the next look, within a second.
  await("the pushes in all three", [&] {
    const auto pushes = server.stats().at("pushes");
    return sum(pushes.at("by_minute")) == 5 && sum(pushes.at("by_hour")) == 5 && sum(pushes.at("by_day")) == 5;
  });
  CHECK(stats.at("server").at("loops").as_array().size() == 2);
  CHECK(text_at(stats.at("server"), "prefix").empty());
  bool listed = false;
  for (const auto& address : stats.at("server").at("listening").as_array())
    listed |= address.as_string() == server.endpoint().url().c_str();
  CHECK(listed);
  for (const char* group : {"memory", "channels", "subscribers", "connections", "process", "endings", "losses"})
    CHECK(stats.as_object().contains(group));
}

TEST_CASE("the configuration is shown as it is in use, and no secret with it") {
  TempFile file("max-size = 77\npublish-secret = \"hush-publish\"\n");
  AdminServer server({"--config", file.path(), "--admin-token", "hush-admin", "--heartbeat", "2500ms"});
  const Headers token{{"Authorization", "Bearer hush-admin"}};
  const Answer answer = server.desk.get("/stats", token);
  const auto configuration = answer.parsed().at("configuration");
  CHECK(text_at(configuration, "max-size") == "77");
  CHECK(text_at(configuration, "heartbeat") == "2500ms");
  CHECK(text_at(configuration, "max-payload") == "1M");
  CHECK(text_at(configuration, "publish-secret") == "set");
  CHECK(text_at(configuration, "admin-token") == "set");
  CHECK(text_at(configuration, "origin") == "none");
  CHECK(text_at(configuration, "publish-from") == "loopback");
  CHECK_FALSE(contains(answer.body, "hush"));
  file.write("max-size = 88\n");
  server.program().signal(SIGHUP);
  await("the new one",
        [&] { return text_at(server.desk.get("/stats", token).parsed().at("configuration"), "max-size") == "88"; });
}

TEST_CASE("the event stream of figures: the last minutes first, then a look each second, the same for all") {
  AdminServer server;
  EventStream one(server.desk.endpoint(), "/events"), two(server.desk.endpoint(), "/events");
  CHECK(one.next().type == "recent");
  const Event first = one.next();
  CHECK(first.type == "stats");
  server.publish("news", "a");
  for (;;) {
    const Event event = one.next();
    const auto stats = json::parse(event.data);
    if (stats.at("channels").at("published").to_number<int>() == 0) continue;
    CHECK(stats.at("subscribers").as_object().contains("total"));
    break;
  }
  CHECK(two.next().type == "recent");
  CHECK(two.next().type == "stats");
}

TEST_CASE("the admin listener answers and streams with thousands of connections beside it") {
  // Descriptors beyond 1023 don't fit the sets of select(): whoever waits with it would not see these connections.
  AdminServer server;
  std::deque<Connection> crowd;
  for (int i = 0; i < 1100; ++i) crowd.emplace_back(server.endpoint());
  await("all of them", [&] { return server.stats().at("connections").at("open").to_number<int>() >= 1100; });
  EventStream figures(server.desk.endpoint(), "/events");
  CHECK(figures.next().type == "recent");
  CHECK(figures.next().type == "stats");
  CHECK(figures.next().type == "stats");
  EventStream followed(server.desk.endpoint(), "/subscribe?news=now&.transport=sse");
  CHECK(server.post("/publish?channel=news", "a").status == 200);
  CHECK(followed.next().data == "a");
}

TEST_CASE("who watches and who follows through the admin listener doesn't hold up the end") {
  AdminServer server;
  EventStream figures(server.desk.endpoint(), "/events");
  EventStream followed(server.desk.endpoint(), "/subscribe?news=now&.transport=sse");
  EventStream watched(server.desk.endpoint(), "/channels/news/watch");
  Connection held(server.desk.endpoint());
  held.ask("GET", "/subscribe?news=now&.wait=60");
  server.await_subscribers("news", 2);
  CHECK(server.stop() == 0);
  CHECK(followed.next().type == "martd.closed");
  CHECK(held.read_answer().status == 200);
}

TEST_SUITE_END();
