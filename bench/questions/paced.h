#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../client/publisher.h"
#include "../client/stream_subscriber.h"

namespace bench {

/// Publishes at a fixed rate, --batch messages at a time, whether the server keeps up or not.
/// Message s goes over connection (s mod publishers); what one connection sends at a time goes in one write.
class Pace {
 public:
  Pace(Run& run, const std::string& channel);

  /// Publishes for `seconds`, then waits until all of `subscribers` got everything.
  void run_for(double seconds, std::size_t subscribers);

 private:
  void publish_batch();

  Run& run_;
  std::string channel_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::vector<std::string> requests_;
};

}  // namespace bench
