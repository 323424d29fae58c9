#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tools/server_client.h"

namespace httplib {
class ClientImpl;
}

namespace martd::tools {

/// An event stream that is followed on a thread of its own, with the times at which things came. Ended by its
/// destructor.
class StreamWatch {
 public:
  using Clock = std::chrono::steady_clock;
  using Headers = std::vector<std::pair<std::string, std::string>>;

  struct Event {
    std::string id, name, data;
    Clock::time_point at;
  };
  struct Seen {
    Clock::time_point asked;
    int status = 0;  ///< 0: no head yet
    std::string type;
    std::string coding;                           ///< Content-Encoding
    std::optional<Clock::time_point> first_byte;  ///< of the body
    std::optional<Clock::time_point> last_byte;
    std::optional<Clock::time_point> heartbeat;  ///< the newest comment line
    Duration silence{};                          ///< before it
    std::vector<Event> events;
    std::optional<Clock::time_point> ended;
  };

  /// `target` without the prefix. Asks at once.
  StreamWatch(const ServerAddress& address, Certificate certificate, std::string target, Headers headers);
  ~StreamWatch();
  StreamWatch(const StreamWatch&) = delete;
  StreamWatch& operator=(const StreamWatch&) = delete;

  /// Waits until `enough`, the stream's end, or the limit; what was seen by then.
  Seen await(Duration limit, const std::function<bool(const Seen&)>& enough) const;

 private:
  void follow(const std::string& target, const Headers& headers);
  void take(std::string_view line, Clock::time_point now);

  std::unique_ptr<httplib::ClientImpl> client_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Seen seen_;
  Event event_;  ///< the one whose lines are coming
  bool over_ = false;
  std::thread thread_;
};

}  // namespace martd::tools
