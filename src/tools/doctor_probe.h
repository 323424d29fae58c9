#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/diagnosis.h"
#include "tools/server_client.h"
#include "tools/stream_watch.h"

namespace martd::tools {

/// Tries a server and says what it saw, as values for judge(). It uses a channel of its own, which it empties at its
/// end. One thread; blocks.
class DoctorProbe {
 public:
  /// `secret`: may be empty. `channel`: a name that nobody else uses.
  DoctorProbe(const ServerAddress& address, Certificate certificate, std::string secret, std::string channel);
  ~DoctorProbe();
  DoctorProbe(const DoctorProbe&) = delete;
  DoctorProbe& operator=(const DoctorProbe&) = delete;

  /// First: later ones ask the same connection.
  SeenReach reach();
  SeenTls tls(bool looked) const;
  /// From the answer that reach() got.
  SeenClock clock() const { return clock_; }
  SeenKeepAlive keep_alive();
  SeenPushing pushing(bool outside);
  SeenOwnPages own_pages();
  SeenOrigin origin(const std::string& origin);
  SeenCompression compression(Duration limit) const;
  /// Opens the stream that the next three are about.
  SeenStream stream(Duration limit);
  SeenDelivery delivery(Duration limit);
  SeenResume resume(Duration limit);
  SeenHeartbeat heartbeat(Duration limit) const;

 private:
  struct Reply;
  using Headers = StreamWatch::Headers;
  Reply ask(const std::string& method, const std::string& target, const Headers& headers = {},
            const std::string& body = {});
  Reply push(const std::string& body, const Headers& headers);
  std::string sub(std::string_view cursor) const;
  Headers credentials() const;

  const ServerAddress address_;
  const Certificate certificate_;
  const std::string secret_;
  const std::string channel_;
  std::unique_ptr<httplib::ClientImpl> client_;
  std::unique_ptr<StreamWatch> stream_;
  SeenClock clock_;
  bool may_push_ = false;  ///< by address, or by the secret
};

/// Whether an address that a client names is of this machine: loopback, or `localhost`.
bool is_local(const ServerAddress& address);

}  // namespace martd::tools
