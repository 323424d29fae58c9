#pragma once

#include <string_view>

#include "client/exchange.h"
#include "follow/outlet.h"

namespace martd::forward {

/// What a request became that was answered with 101: bytes of another protocol on two connections, both ways, which it
/// doesn't look at. Either side may take its time, as long as it is there. One that has ended its side is still
/// written to; when both have, the tunnel is over, and what is on its way still arrives.
///
/// It keeps no byte. What a side doesn't take waits at its connection, and meanwhile the other isn't read from: by
/// wants_input() here, by Exchange::pause() in the other direction.
class Tunnel {
 public:
  /// Both must outlive its use.
  Tunnel(follow::Outlet& client, client::Exchange& site) : client_(client), site_(site) {}

  /// To be called when the 101 was written: what the client has sent behind its request goes first.
  void begin();
  void from_client(std::string_view bytes) { site_.send(bytes); }
  void from_site(std::string_view bytes);
  /// Whether the client is read from.
  bool wants_input() const { return !client_ended_ && site_.unsent() == 0; }

  /// That side writes no more, and the other is told when it has everything. Once for each; after the second it is
  /// over().
  void client_ended();
  void site_ended();
  bool over() const { return client_ended_ && site_ended_; }

 private:
  follow::Outlet& client_;
  client::Exchange& site_;
  bool client_ended_ = false;
  bool site_ended_ = false;
};

}  // namespace martd::forward
