// What a TLS handshake costs the server, and what a flood of first messages, behind which nobody goes on, does to a
// push of somebody else's: anybody can send them who can reach the port, and one recorded before is as good as a new
// one.

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <stdexcept>

#include "../client/histogram.h"
#include "../client/publisher.h"
#include "questions.h"

namespace bench {
namespace {

/// The first message of a client that exchanges keys in that group alone.
std::string hello(const std::string& group) {
  const auto free_context = [](SSL_CTX* context) { SSL_CTX_free(context); };
  const std::unique_ptr<SSL_CTX, decltype(free_context)> context(SSL_CTX_new(TLS_client_method()), free_context);
  const std::unique_ptr<SSL, SslFree> ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_min_proto_version(ssl.get(), TLS1_3_VERSION) != 1 ||
      SSL_set1_groups_list(ssl.get(), group.c_str()) != 1)
    throw std::runtime_error("--kind: OpenSSL knows no such group: " + group);
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(ssl.get());
  SSL_do_handshake(ssl.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

/// Sends it again and again, each time on a connection of its own that is left open for a while.
class Flood {
 public:
  Flood(const Options& options, std::string bytes) : options_(options), bytes_(std::move(bytes)) {}

  void go_on() {
    if (due_ == 0) due_ = now();
    for (; now() >= due_; due_ += from_seconds(1.0 / static_cast<double>(options_.rate))) {
      open_.push_back(Socket::connect(options_.port, false));
      open_.back().write_all(bytes_);
      ++sent_;
      if (open_.size() <= kMostOpen) continue;
      open_.front().reset();
      open_.pop_front();
    }
  }
  std::uint64_t sent() const { return sent_; }

 private:
  static constexpr std::size_t kMostOpen = 500;

  const Options& options_;
  std::string bytes_;
  std::deque<Socket> open_;
  Nanoseconds due_ = 0;
  std::uint64_t sent_ = 0;
};

/// Pushes one after another, with a pause between them, while `meanwhile` goes on.
template <class Meanwhile>
Histogram pushes(Run& run, Publisher& publisher, double seconds, Meanwhile meanwhile) {
  constexpr Nanoseconds kPause = 2'000'000;
  Histogram took;
  for (const auto end = now() + from_seconds(seconds); now() < end;) {
    const auto begun = now();
    const auto before = run.answered;
    publisher.publish("c0", run.tally.publish());
    while (run.answered == before) {
      meanwhile();
      run.poller.turn(1);
      if (now() - begun > from_seconds(run.options.limit)) throw std::runtime_error("a push was not answered");
    }
    took.add(now() - begun);
    for (const auto next = now() + kPause; now() < next; run.poller.turn(1)) meanwhile();
  }
  return took;
}

}  // namespace

Report handshakes(const Options& options) {
  Run run(options);
  const auto repeat_for = [&](double seconds) {
    double made = 0;
    for (const auto end = now() + from_seconds(seconds); now() < end; ++made)
      Socket::connect(options.port, true).reset();
    return made;
  };
  repeat_for(options.warmup);
  run.settle();
  const Stopwatch watch(run.server);
  const double made = repeat_for(options.seconds);
  run.settle();
  return Report(options).cost(watch, made);
}

Report hellos(const Options& options) {
  Run run(options);
  Flood flood(options, hello(options.kind));
  Publisher publisher(run);
  pushes(run, publisher, options.warmup, [] {});
  const Histogram alone = pushes(run, publisher, options.seconds, [] {});
  const Stopwatch watch(run.server);
  const Histogram beside = pushes(run, publisher, options.seconds, [&] { flood.go_on(); });

  Report report(options);
  report.number("rate", static_cast<double>(options.rate));
  report.number("alone_p50_us", alone.quantile_us(0.5));
  report.cost(watch, static_cast<double>(flood.sent()));
  return report.latency(beside);
}

}  // namespace bench
