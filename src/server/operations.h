#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "admin/public_side.h"
#include "http/worker.h"
#include "net/clock.h"
#include "net/loop_questions.h"

namespace martd {

/// What the server gives its operators: figures, lists, a way in. The admin listener's view of the rest. Thread-safe.
class Operations final : public admin::PublicSide {
 public:
  struct Parts {
    const net::Clock& clock;
    push::Hub& hub;
    const http::ConnectionCount& connections;
    std::vector<http::Worker*> workers;
    bool tls;                                    ///< there is a TLS listener
    bool proxy;                                  ///< there is an upstream
    std::function<admin::StoreFigures()> store;  ///< null: there is none; from any thread
  };
  /// All of the parts must outlive it.
  explicit Operations(Parts parts);
  ~Operations() = default;

  /// At the start, and with each reload.
  void set_up(admin::Setup setup, std::size_t max_connections);
  void set_accepting(bool accepting) { accepting_ = accepting; }

  Time now() override { return parts_.clock.now(); }
  admin::Figures figures() override;
  admin::Setup setup() override;
  push::Hub& hub() override { return parts_.hub; }
  admin::Gathered<push::SubscriberInfo> subscribers(const std::optional<std::string>& channel, std::size_t most,
                                                    std::chrono::milliseconds patience) override;
  admin::Gathered<push::EndingNote> endings(std::chrono::milliseconds patience) override;
  int connect(const wire::Address& peer, bool operates) override;

 private:
  template <class Row>
  admin::Gathered<Row> gather(std::function<std::vector<Row>(http::Worker&)> question,
                              std::chrono::milliseconds patience);

  Parts parts_;
  net::LoopQuestions questions_;
  std::atomic<bool> accepting_{false};
  std::atomic<std::size_t> max_connections_{0};
  std::mutex mutex_;  ///< of what follows
  admin::Setup setup_;
};

}  // namespace martd
