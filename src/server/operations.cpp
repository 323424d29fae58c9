#include "server/operations.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "client/failure.h"
#include "push/ending.h"
#include "push/hub.h"

namespace martd {
namespace {

/// A loop that hasn't come round for so long isn't given anything to do.
constexpr Duration kLongestTurn = std::chrono::seconds{2};

std::vector<net::Loop*> loops_of(const std::vector<http::Worker*>& workers) {
  std::vector<net::Loop*> loops;
  for (http::Worker* worker : workers) loops.push_back(&worker->loop());
  return loops;
}

/// A descriptor that is closed unless it was taken: what a loop was handed and never came to.
class Handed {
 public:
  explicit Handed(int descriptor) : descriptor_(descriptor) {}
  Handed(Handed&& from) noexcept : descriptor_(std::exchange(from.descriptor_, -1)) {}
  Handed& operator=(Handed&&) = delete;
  ~Handed() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int take() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

}  // namespace

Operations::Operations(Parts parts) : parts_(std::move(parts)), questions_(loops_of(parts_.workers)) {}

void Operations::set_up(admin::Setup setup, std::size_t max_connections) {
  max_connections_ = max_connections;
  const std::lock_guard lock(mutex_);
  setup_ = std::move(setup);
}

admin::Setup Operations::setup() {
  const std::lock_guard lock(mutex_);
  return setup_;
}

admin::Figures Operations::figures() {
  admin::Figures figures;
  const Time now = parts_.clock.now();
  const push::Registry& registry = parts_.hub.registry();
  figures.uptime = now - parts_.clock.start();
  figures.accepting = accepting_;
  figures.connections = parts_.connections.open;
  figures.max_connections = max_connections_;
  figures.bodies_bytes = parts_.connections.bodies.held();
  figures.max_memory = parts_.hub.max_memory();
  figures.channels = registry.channels();
  figures.messages = registry.messages();
  figures.backlog_bytes = registry.published();
  figures.follower_bytes = registry.followed();
  figures.published_total = parts_.hub.published();
  figures.transports = {{"poll"}, {"sse"}, {"lines"}};
  if (parts_.store) figures.store = parts_.store();
  if (parts_.tls) figures.tls.emplace();
  if (parts_.proxy) {
    figures.proxy.emplace();
    for (std::size_t i = 0; i < client::kFailures; ++i)
      figures.proxy->failures_total.emplace_back(client::row(static_cast<client::Failure>(i)).name, 0);
  }
  for (http::Worker* worker : parts_.workers) {
    const http::Counters& counters = worker->counters();
    const net::Loop& loop = worker->loop();
    figures.loops.push_back({std::max(now - loop.last_turn(), Duration{0}), worker->sessions(), loop.lag().figures()});
    figures.connections_total += counters.connections_accepted.value();
    figures.requests_total += counters.requests.value();
    figures.refusals_total += counters.refusals.value();
    figures.missed_total += counters.missed.value();
    figures.bodies_refused_total += counters.bodies_refused.value();
    figures.stalled_total += counters.stalled.value();
    figures.fell_behind_total += counters.fell_behind.value();
    figures.publish_to_write += counters.publish_to_write.figures();
    const auto add = [&](std::size_t index, const Counter& held, const Counter& deliveries) {
      figures.transports[index].held += held.value();
      figures.transports[index].deliveries += deliveries.value();
    };
    add(0, counters.polls_held, counters.poll_deliveries);
    add(1, counters.event_streams_held, counters.event_deliveries);
    add(2, counters.line_streams_held, counters.line_deliveries);
    for (std::size_t ending = 0; ending < push::kEndings; ++ending)
      figures.endings[ending] += counters.endings[ending].value();
    if (figures.tls) {
      figures.tls->handshakes_total += counters.tls_handshakes.value();
      figures.tls->resumed_total += counters.tls_resumed.value();
      figures.tls->failures_total += counters.tls_failures.value();
    }
    if (figures.proxy) {
      for (std::size_t i = 0; i < figures.proxy->requests_total.size(); ++i)
        figures.proxy->requests_total[i] += counters.proxied_by_class[i + 1].value();
      figures.proxy->duration += counters.proxied.figures();
      for (std::size_t i = 0; i < client::kFailures; ++i)
        figures.proxy->failures_total[i].second += counters.proxy_failures[i].value();
    }
  }
  return figures;
}

template <class Row>
admin::Gathered<Row> Operations::gather(std::function<std::vector<Row>(http::Worker&)> question,
                                        std::chrono::milliseconds patience) {
  auto answers = questions_.ask<std::vector<Row>>(
      [question = std::move(question), workers = parts_.workers](std::size_t loop) { return question(*workers[loop]); },
      patience);
  admin::Gathered<Row> gathered;
  for (std::size_t loop = 0; loop < answers.size(); ++loop) {
    if (!answers[loop]) {
      gathered.silent.push_back(loop);
      continue;
    }
    for (Row& row : *answers[loop]) gathered.rows.push_back(std::move(row));
  }
  return gathered;
}

admin::Gathered<push::SubscriberInfo> Operations::subscribers(const std::optional<std::string>& channel,
                                                              std::size_t most, std::chrono::milliseconds patience) {
  return gather<push::SubscriberInfo>(
      [channel, most](http::Worker& worker) {
        std::vector<push::SubscriberInfo> rows;
        if (channel) {
          worker.desk().attendance().followers(*channel, most, worker.loop().now(), rows);
        } else {
          worker.list_subscribers(most, rows);
        }
        return rows;
      },
      patience);
}

admin::Gathered<push::EndingNote> Operations::endings(std::chrono::milliseconds patience) {
  return gather<push::EndingNote>([](http::Worker& worker) { return worker.desk().ending_log().notes(); }, patience);
}

int Operations::connect(const wire::Address& peer, bool operates) {
  http::Worker* least = nullptr;
  const Time now = parts_.clock.now();
  for (http::Worker* worker : parts_.workers) {
    if (now - worker->loop().last_turn() > kLongestTurn) continue;
    if (!least || worker->sessions() < least->sessions()) least = worker;
  }
  std::array<int, 2> ends{};
  if (!least || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) return -1;
  least->loop().post([least, peer, operates, handed = Handed(ends[0])]() mutable {
    least->accept(handed.take(), peer, nullptr, operates);
  });
  return ends[1];
}

}  // namespace martd
