#include "admin/metrics.h"

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "push/ending.h"

namespace martd::admin {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

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

  /// Cumulative buckets with `le`, then the sum and the count, all of them with the label where there is one.
  void histogram(const HistogramFigures& figures, std::string_view label = {}, std::string_view label_value = {}) {
    std::string own;
    if (!label.empty()) own = std::string(label) + "=\"" + std::string(label_value) + "\"";
    const std::string more = own.empty() ? "" : own + ",";
    const std::string alone = own.empty() ? "" : "{" + own + "}";
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kHistogramBounds.size(); ++i) {
      below += figures.counts[i];
      std::array<char, 32> bound{};
      std::snprintf(bound.data(), bound.size(), "%g", seconds(kHistogramBounds[i]));
      add({name_, "_bucket{", more, "le=\"", bound.data(), "\"} ", std::to_string(below), "\n"});
    }
    const std::string count = std::to_string(figures.count());
    add({name_, "_bucket{", more, "le=\"+Inf\"} ", count, "\n"});
    std::array<char, 48> sum{};
    std::snprintf(sum.data(), sum.size(), "%.9f", seconds(figures.sum));
    add({name_, "_sum", alone, " ", sum.data(), "\n", name_, "_count", alone, " ", count, "\n"});
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
constexpr std::string_view kHistogram = "histogram";

void add_subscribers(Metrics& out, const Figures& f) {
  out.head("martd_subscribers", kGauge, "Subscribers that are held now.");
  for (const TransportFigures& t : f.transports) out.sample(t.held, "transport", t.transport);
  out.head("martd_deliveries_total", kCounter, "Batches of messages that were given to a subscriber.");
  for (const TransportFigures& t : f.transports) out.sample(t.deliveries, "transport", t.transport);
  out.head("martd_endings_total", kCounter, "Subscriptions that ended, by the reason.");
  for (std::size_t i = 0; i < push::kEndings; ++i) {
    out.sample(f.endings[i], "ending", push::row(static_cast<push::Ending>(i)).name);
  }
}

void add_loops(Metrics& out, const Figures& f) {
  out.head("martd_loop_turn_age_seconds", kGauge, "How long ago an event loop last came round; more than 2 is ill.");
  for (std::size_t i = 0; i < f.loops.size(); ++i)
    out.sample(seconds(f.loops[i].since_turn), "loop", std::to_string(i));
  out.head("martd_loop_lag_seconds", kHistogram, "By how much an event loop's timers came late.");
  for (std::size_t i = 0; i < f.loops.size(); ++i) out.histogram(f.loops[i].lag, "loop", std::to_string(i));
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
  out.head("martd_store_commit_duration_seconds", kHistogram, "How long transactions took.");
  out.histogram(s.commit_duration);
}

void add_process(Metrics& out, const ProcessFigures& p) {
  out.one("process_cpu_seconds_total", kCounter, "User and system CPU time.", p.cpu_seconds);
  out.one("process_resident_memory_bytes", kGauge, "Resident memory.", p.resident_bytes);
  out.one("process_open_fds", kGauge, "Open file descriptors.", p.open_files);
  out.one("process_max_fds", kGauge, "Most open file descriptors.", p.max_open_files);
  out.one("process_start_time_seconds", kGauge, "Start of the process, in seconds since 1970.", p.start_time_seconds);
}

void add_tls(Metrics& out, const TlsFigures& tls) {
  out.head("martd_tls_handshakes_total", kCounter, "TLS handshakes that were completed: full, or resumed by a ticket.");
  out.sample(tls.handshakes_total, "kind", "full");
  out.sample(tls.resumed_total, "kind", "resumed");
  out.one("martd_tls_handshake_failures_total", kCounter,
          "TLS connections that ended before their handshake was complete.", tls.failures_total);
}

void add_proxy(Metrics& out, const ProxyFigures& proxy) {
  constexpr std::array<std::string_view, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};
  out.head("martd_proxy_requests_total", kCounter, "Requests for the upstream, by the class of the answer's status.");
  for (std::size_t i = 0; i < kClasses.size(); ++i) out.sample(proxy.requests_total[i], "code", kClasses[i]);
  out.head("martd_proxy_failures_total", kCounter,
           "Requests for the upstream that got no whole answer, by the reason.");
  for (const auto& [failure, count] : proxy.failures_total) out.sample(count, "failure", failure);
  out.head("martd_proxy_request_duration_seconds", kHistogram,
           "From the head of a request for the upstream to the last byte of its answer.");
  out.histogram(proxy.duration);
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
  out.one("martd_backlog_bytes", kGauge, "Memory that kept messages and their channels take.", f.backlog_bytes);
  out.one("martd_follower_bytes", kGauge, "Memory that followers take; half of the limit at most.", f.follower_bytes);
  out.one("martd_memory_limit_bytes", kGauge, "Most memory that kept messages may take.", f.max_memory);
  out.one("martd_bodies_bytes", kGauge, "What the bodies that are still coming may take.", f.bodies_bytes);
  out.one("martd_bodies_refused_total", kCounter, "Requests whose body found no room.", f.bodies_refused_total);
  out.one("martd_messages_published_total", kCounter, "Messages that were published.", f.published_total);
  out.one("martd_missed_total", kCounter, "Times that a subscriber was told of a loss.", f.missed_total);
  out.one("martd_slow_subscribers_total", kCounter, "Times that a subscriber fell behind.", f.fell_behind_total);
  out.one("martd_stalled_subscribers_total", kCounter, "Streams that were ended as their peer took nothing any more.",
          f.stalled_total);
  out.head("martd_publish_to_write_seconds", kHistogram,
           "From the turn that read a push to when the last subscriber of an event loop was given it; for each message "
           "and loop, without subscribers that are behind.");
  out.histogram(f.publish_to_write);
  add_subscribers(out, f);
  add_loops(out, f);
  if (f.tls) add_tls(out, *f.tls);
  if (f.proxy) add_proxy(out, *f.proxy);
  if (f.store) add_store(out, *f.store);
  add_process(out, process);
  return out.take();
}

}  // namespace martd::admin
