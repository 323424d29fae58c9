#include "forward/tunnel.h"

namespace martd::forward {

void Tunnel::begin() {
  client_.drop_deadline();
  client_.hurry();
  client_.wait_for_reader({});
  site_.send(client_.read_ahead());
  client_.read_on();
}

void Tunnel::from_site(std::string_view bytes) {
  if (client_.put(bytes) == follow::Outlet::Sent::closed) client_.broken();
}

void Tunnel::client_ended() {
  client_ended_ = true;
  site_.end_of_tunnel();
  if (over()) site_.tunnel_over();
}

void Tunnel::site_ended() {
  site_ended_ = true;
  client_.half_close();
  if (over()) site_.tunnel_over();
}

}  // namespace martd::forward
