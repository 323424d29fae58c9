#include "admin/reports.h"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

namespace martd::admin {
namespace {

/// A loop comes round every second, however little there is to do.
constexpr push::Duration kLongestTurn = std::chrono::seconds(2);

constexpr push::Duration kLongestCommit = std::chrono::seconds(2);

double seconds(push::Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Writes families of metrics: the head once, then its samples.
class Metrics {
 public:
  void head(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    add({"# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n"});
  }

  template <class Number>
  void sample(Number value, std::string_view label = {}, std::string_view label_value = {}) {
    text_ += name_;
    // No label value of ours has anything in it that would need an escape.
    if (!label.empty()) add({"{", label, "=\"", label_value, "\"}"});
    text_ += ' ';
    if constexpr (std::is_integral_v<Number>) {
      text_ += std::to_string(value);
    } else {
      std::array<char, 32> digits{};
      std::snprintf(digits.data(), digits.size(), "%.6f", value);
      text_ += digits.data();
    }
    text_ += '\n';
  }

  template <class Number>
  void one(std::string_view name, std::string_view type, std::string_view help, Number value) {
    head(name, type, help);
    sample(value);
  }

  std::string take() { return std::move(text_); }

 private:
  void add(std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) text_ += part;
  }

  std::string text_;
  std::string_view name_;
};

constexpr std::string_view kCounter = "counter";
constexpr std::string_view kGauge = "gauge";

void add_subscribers(Metrics& out, const Figures& f) {
  out.head("martd_subscribers", kGauge, "Subscribers that are held now.");
  for (const TransportFigures& t : f.transports) out.sample(t.held, "transport", t.transport);
  out.head("martd_deliveries_total", kCounter, "Batches of messages that were given to a subscriber.");
  for (const TransportFigures& t : f.transports) out.sample(t.deliveries, "transport", t.transport);
  out.head("martd_endings_total", kCounter, "Subscriptions that ended, by the reason.");
  for (std::size_t i = 0; i < f.endings.size(); ++i) {
    out.sample(f.endings[i], "ending", push::row(static_cast<push::Ending>(i)).name);
  }
}

void add_loops(Metrics& out, const Figures& f) {
  out.head("martd_loop_turn_age_seconds", kGauge, "How long ago an event loop last came round; more than 2 is ill.");
  for (std::size_t i = 0; i < f.loops.size(); ++i)
    out.sample(seconds(f.loops[i].since_turn), "loop", std::to_string(i));
  out.head("martd_loop_connections", kGauge, "Public connections of an event loop.");
  for (std::size_t i = 0; i < f.loops.size(); ++i) out.sample(f.loops[i].connections, "loop", std::to_string(i));
}

void add_store(Metrics& out, const StoreFigures& s) {
  out.one("martd_store_up", kGauge, "1 while the store takes pushes.", s.problem.empty() ? 1 : 0);
  out.one("martd_store_commits_total", kCounter, "Transactions that were written.", s.commits_total);
  out.one("martd_store_writes_total", kCounter, "Pushes and other changes that were written.", s.writes_total);
  out.one("martd_store_failures_total", kCounter, "Times that the store could not be written.", s.failures_total);
  out.one("martd_store_waiting", kGauge, "Changes that wait to be written.", s.waiting);
  out.one("martd_store_waiting_bytes", kGauge, "What they take.", s.waiting_bytes);
  out.one("martd_store_commit_age_seconds", kGauge, "How long the transaction under way has taken; more than 2 is ill.",
          seconds(s.committing));
}

void add_process(Metrics& out, const ProcessFigures& p) {
  out.one("process_cpu_seconds_total", kCounter, "User and system CPU time.", p.cpu_seconds);
  out.one("process_resident_memory_bytes", kGauge, "Resident memory.", p.resident_bytes);
  out.one("process_open_fds", kGauge, "Open file descriptors.", p.open_files);
  out.one("process_max_fds", kGauge, "Most open file descriptors.", p.max_open_files);
  out.one("process_start_time_seconds", kGauge, "Start of the process, in seconds since 1970.", p.start_time_seconds);
}

}  // namespace

std::string metrics_text(const Figures& f, const ProcessFigures& process) {
  Metrics out;
  out.head("martd_build_info", kGauge, "The version, as a label.");
  out.sample(1, "version", MARTD_VERSION);
  out.one("martd_uptime_seconds", kGauge, "Time since the start.", seconds(f.uptime));
  out.one("martd_accepting", kGauge, "1 while the public listeners take connections.", f.accepting ? 1 : 0);
  out.one("martd_connections", kGauge, "Open connections of the public listeners.", f.connections);
  out.one("martd_connections_limit", kGauge, "Most connections of the public listeners.", f.max_connections);
  out.one("martd_connections_total", kCounter, "Connections that were accepted.", f.connections_total);
  out.one("martd_requests_total", kCounter, "Requests that were read.", f.requests_total);
  out.one("martd_refusals_total", kCounter, "Answers with a status from 400 on.", f.refusals_total);
  out.one("martd_channels", kGauge, "Channels.", f.channels);
  out.one("martd_messages", kGauge, "Messages that are kept.", f.messages);
  out.one("martd_backlog_bytes", kGauge, "Memory that kept messages take.", f.backlog_bytes);
  out.one("martd_memory_limit_bytes", kGauge, "Most memory that kept messages may take.", f.max_memory);
  out.one("martd_messages_published_total", kCounter, "Messages that were published.", f.published_total);
  out.one("martd_missed_total", kCounter, "Times that a subscriber was told of a loss.", f.missed_total);
  out.one("martd_slow_subscribers_total", kCounter, "Times that a subscriber fell behind.", f.fell_behind_total);
  add_subscribers(out, f);
  add_loops(out, f);
  if (f.store) add_store(out, *f.store);
  add_process(out, process);
  return out.take();
}

std::string stats_json(const Figures& f, const ProcessFigures& p) {
  namespace json = boost::json;
  std::size_t held = 0;
  std::uint64_t deliveries = 0;
  json::object subscribers;
  json::object by_transport;
  for (const TransportFigures& t : f.transports) {
    held += t.held;
    deliveries += t.deliveries;
    subscribers[{t.transport.data(), t.transport.size()}] = t.held;
    by_transport[{t.transport.data(), t.transport.size()}] = t.deliveries;
  }
  subscribers["total"] = held;
  by_transport["total"] = deliveries;
  json::object endings;
  for (std::size_t i = 0; i < f.endings.size(); ++i) {
    const std::string_view name = push::row(static_cast<push::Ending>(i)).name;
    endings[{name.data(), name.size()}] = f.endings[i];
  }
  json::array loops;
  for (const LoopFigures& loop : f.loops) {
    loops.push_back(json::object{{"turn_age_seconds", seconds(loop.since_turn)}, {"connections", loop.connections}});
  }
  json::object stats{
      {"server",
       {{"version", MARTD_VERSION},
        {"uptime_seconds", seconds(f.uptime)},
        {"accepting", f.accepting},
        {"loops", std::move(loops)}}},
      {"connections",
       {{"open", f.connections},
        {"limit", f.max_connections},
        {"accepted", f.connections_total},
        {"requests", f.requests_total},
        {"refused", f.refusals_total}}},
      {"channels", {{"count", f.channels}, {"messages", f.messages}, {"published", f.published_total}}},
      {"subscribers", std::move(subscribers)},
      {"deliveries", std::move(by_transport)},
      {"losses", {{"missed", f.missed_total}, {"fell_behind", f.fell_behind_total}}},
      {"endings", std::move(endings)},
      {"memory",
       {{"backlog_bytes", f.backlog_bytes}, {"limit_bytes", f.max_memory}, {"resident_bytes", p.resident_bytes}}},
      {"process",
       {{"cpu_seconds", p.cpu_seconds},
        {"start_time_seconds", p.start_time_seconds},
        {"open_files", p.open_files},
        {"max_open_files", p.max_open_files}}},
  };
  if (f.store) {
    stats["store"] = {{"problem", f.store->problem},
                      {"commits", f.store->commits_total},
                      {"writes", f.store->writes_total},
                      {"failures", f.store->failures_total},
                      {"waiting", f.store->waiting},
                      {"waiting_bytes", f.store->waiting_bytes},
                      {"commit_age_seconds", seconds(f.store->committing)}};
  }
  return json::serialize(stats) + '\n';
}

std::string ailment(const Figures& figures) {
  for (std::size_t i = 0; i < figures.loops.size(); ++i) {
    if (figures.loops[i].since_turn <= kLongestTurn) continue;
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "event loop %zu has not turned for %.1f s", i,
                  seconds(figures.loops[i].since_turn));
    return text.data();
  }
  if (!figures.store) return {};
  if (!figures.store->problem.empty()) return "store: " + figures.store->problem + "; pushes are refused";
  if (figures.store->committing > kLongestCommit) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "store: a commit has taken %.1f s so far",
                  seconds(figures.store->committing));
    return text.data();
  }
  return {};
}

std::string unreadiness(const Figures& figures) {
  std::string ill = ailment(figures);
  if (ill.empty() && !figures.accepting) return "not accepting connections";
  return ill;
}

}  // namespace martd::admin
