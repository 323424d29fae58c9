#include "admin/statistics.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>

#include "push/ending.h"

namespace martd::admin {
namespace {

namespace json = boost::json;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

/// Counts of each bucket alone; the last has what is above all bounds.
json::object histogram(const HistogramFigures& figures) {
  json::array bounds;
  for (const Duration bound : kHistogramBounds) bounds.push_back(seconds(bound));
  return {{"count", figures.count()},
          {"sum_seconds", seconds(figures.sum)},
          {"bounds_seconds", std::move(bounds)},
          {"buckets", json::array(figures.counts.begin(), figures.counts.end())}};
}

json::array loops(const Figures& f) {
  json::array all;
  for (const LoopFigures& loop : f.loops) {
    all.push_back(json::object{{"turn_age_seconds", seconds(loop.since_turn)},
                               {"connections", loop.connections},
                               {"lag", histogram(loop.lag)}});
  }
  return all;
}

json::object stats(const Figures& f, const ProcessFigures& p) {
  std::size_t held = 0;
  std::uint64_t deliveries = 0;
  json::object subscribers;
  json::object by_transport;
  for (const TransportFigures& t : f.transports) {
    held += t.held;
    deliveries += t.deliveries;
    subscribers[view(t.transport)] = t.held;
    by_transport[view(t.transport)] = t.deliveries;
  }
  subscribers["total"] = held;
  by_transport["total"] = deliveries;
  json::object endings;
  for (std::size_t i = 0; i < push::kEndings; ++i)
    endings[view(push::row(static_cast<push::Ending>(i)).name)] = f.endings[i];
  json::object all{
      {"server",
       {{"version", MARTD_VERSION},
        {"uptime_seconds", seconds(f.uptime)},
        {"accepting", f.accepting},
        {"loops", loops(f)}}},
      {"connections",
       {{"open", f.connections},
        {"limit", f.max_connections},
        {"accepted", f.connections_total},
        {"requests", f.requests_total},
        {"refused", f.refusals_total}}},
      {"channels", {{"count", f.channels}, {"messages", f.messages}, {"published", f.published_total}}},
      {"subscribers", std::move(subscribers)},
      {"deliveries", std::move(by_transport)},
      {"latency", {{"publish_to_write", histogram(f.publish_to_write)}}},
      {"losses", {{"missed", f.missed_total}, {"fell_behind", f.fell_behind_total}, {"stalled", f.stalled_total}}},
      {"endings", std::move(endings)},
      {"memory",
       {{"backlog_bytes", f.backlog_bytes},
        {"follower_bytes", f.follower_bytes},
        {"limit_bytes", f.max_memory},
        {"bodies_bytes", f.bodies_bytes},
        {"bodies_refused", f.bodies_refused_total},
        {"resident_bytes", p.resident_bytes}}},
      {"process",
       {{"cpu_seconds", p.cpu_seconds},
        {"start_time_seconds", p.start_time_seconds},
        {"open_files", p.open_files},
        {"max_open_files", p.max_open_files}}},
  };
  if (f.tls)
    all["tls"] = {{"handshakes", f.tls->handshakes_total},
                  {"resumed", f.tls->resumed_total},
                  {"failures", f.tls->failures_total}};
  if (f.proxy) {
    const auto& counts = f.proxy->requests_total;
    json::object failures;
    for (const auto& [failure, count] : f.proxy->failures_total) failures[view(failure)] = count;
    all["proxy"] = {{"requests_by_class", json::array(counts.begin(), counts.end())},
                    {"failures", std::move(failures)},
                    {"duration", histogram(f.proxy->duration)}};
  }
  if (f.store)
    all["store"] = {{"problem", f.store->problem},
                    {"commits", f.store->commits_total},
                    {"writes", f.store->writes_total},
                    {"failures", f.store->failures_total},
                    {"waiting", f.store->waiting},
                    {"waiting_bytes", f.store->waiting_bytes},
                    {"commit_age_seconds", std::chrono::duration<double>(f.store->committing).count()},
                    {"commit_duration", histogram(f.store->commit_duration)}};
  return all;
}

json::array array(const std::vector<std::uint64_t>& counts) { return json::array(counts.begin(), counts.end()); }

}  // namespace

std::string stats_json(const Figures& figures, const ProcessFigures& process) {
  return json::serialize(stats(figures, process));
}

std::string full_stats_json(const Figures& figures, const ProcessFigures& process, const PushHistory& pushes,
                            const Setup& setup, Time now) {
  json::object all = stats(figures, process);
  all["pushes"] = {{"total", figures.published_total},
                   {"by_minute", array(pushes.minutes(now))},
                   {"by_hour", array(pushes.hours(now))},
                   {"by_day", array(pushes.days(now))}};
  json::array listening;
  for (const std::string& url : setup.listening) listening.push_back(view(url));
  all["server"].as_object()["listening"] = std::move(listening);
  all["server"].as_object()["prefix"] = setup.prefix;
  json::object configuration;
  for (const auto& [name, value] : setup.configuration) configuration[view(name)] = value;
  all["configuration"] = std::move(configuration);
  return json::serialize(all) + '\n';
}

}  // namespace martd::admin
