// What a request costs that goes through to a site behind: a few keep-alive connections, each asks again when it was
// answered. `--kind get` downloads `--size` bytes, `--kind upload` sends them.

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../client/response_reader.h"
#include "../client/socket.h"
#include "questions.h"

namespace bench {
namespace {

class Asker final : public Watcher {
 public:
  Asker(Run& run, const std::string& request, std::size_t expected)
      : run_(run), request_(request), expected_(expected), socket_(Socket::connect(run.options.port, false)) {
    run_.poller.add(socket_.fd(), *this);
    ask();
  }

  void readable() override {
    bool ended = false;
    std::string_view bytes = socket_.read(ended);
    while (!bytes.empty()) {
      got_ += response_.take(bytes).size();
      if (response_.is_complete()) take_answer();
    }
    if (ended) throw std::runtime_error("the server ended a connection");
  }

  void writable() override {
    sent_ += socket_.write(std::string_view(request_).substr(sent_));
    if (sent_ == request_.size()) run_.poller.want_write(socket_.fd(), *this, false);
  }

 private:
  void ask() {
    sent_ = socket_.write(request_);
    if (sent_ < request_.size()) run_.poller.want_write(socket_.fd(), *this, true);
  }
  void take_answer() {
    if (response_.status() / 100 != 2 || got_ != expected_ || sent_ != request_.size())
      throw std::runtime_error("not the site's answer: " + std::to_string(response_.status()) + ", " +
                               std::to_string(got_) + " bytes");
    got_ = 0;
    response_.restart();
    ++run_.answered;
    ask();
  }

  Run& run_;
  const std::string& request_;
  std::size_t expected_;
  std::size_t got_ = 0;
  std::size_t sent_ = 0;
  Socket socket_;
  ResponseReader response_;
};

}  // namespace

Report proxy(const Options& options) {
  Run run(options);
  const bool upload = options.kind == "upload";
  const std::string head = " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n";
  const std::string size = std::to_string(options.size);
  const std::string request =
      upload ? "POST /up" + head + "Content-Length: " + size + "\r\n\r\n" + std::string(options.size, 'x')
             : "GET /" + size + head + "\r\n";
  std::vector<std::unique_ptr<Asker>> askers;
  for (std::size_t i = 0; i < options.publishers; ++i)
    askers.push_back(std::make_unique<Asker>(run, request, upload ? 0 : options.size));

  run.go_on_for(options.warmup);
  const auto before = run.answered;
  const Stopwatch watch(run.server);
  run.go_on_for(options.seconds);
  const auto done = static_cast<double>(run.answered - before);
  Report report(options);
  report.text("kind", options.kind);
  report.number("connections", static_cast<double>(options.publishers));
  report.number("size", static_cast<double>(options.size));
  const double seconds = to_seconds(watch.time());
  report.cost(watch, done);
  report.number("mib_per_second", done * static_cast<double>(options.size) / seconds / (1 << 20));
  return report;
}

}  // namespace bench
