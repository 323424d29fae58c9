#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "response_reader.h"
#include "run.h"
#include "socket.h"

namespace bench {

/// One connection that publishes, kept alive where the server does. Requests may be sent ahead of their answers.
class Publisher final : public Watcher {
 public:
  explicit Publisher(Run& run);

  /// Sends one or more whole requests.
  void send(std::string_view requests);
  void publish(std::string_view channel, std::string_view payload) { send(run_.dialect.publish(channel, payload)); }
  void on_answer(std::function<void()> handler) { on_answer_ = std::move(handler); }
  /// Of the newest answer that had one: martd's, with one channel.
  std::uint64_t newest_etag() const { return newest_etag_; }

  void readable() override;
  void writable() override;

 private:
  void open();
  void take_answer();

  Run& run_;
  Socket socket_;
  ResponseReader response_;
  std::string body_;
  std::string unsent_;
  std::uint64_t newest_etag_ = 0;
  std::function<void()> on_answer_;
};

}  // namespace bench
