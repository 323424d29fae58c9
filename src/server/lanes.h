#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "client/site.h"
#include "http/worker.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_client.h"
#include "server/certificates.h"

namespace martd {

/// A socket that listens, and what its connections speak.
struct PublicSocket {
  net::ListenSocket socket;
  bool tls;
};

/// The loops of the public side, each with its worker and a thread of its own, and how connections come to them. Made,
/// started, told and stopped on the main thread.
class Lanes {
 public:
  /// `count` of them. `clock`, `hub` and `connections` must outlive them. `tls`: null where none of the sockets speaks
  /// it.
  Lanes(unsigned count, const net::Clock& clock, push::Hub& hub, http::ConnectionCount& connections,
        const std::shared_ptr<const http::Settings>& settings, const TlsPtr& tls);
  ~Lanes();

  std::vector<http::Worker*> workers();

  // Before start().

  /// A site behind, with so many connections to it, all loops together. `tls`: null where it is asked in plain HTTP.
  void put_before(const client::Site& site, const std::shared_ptr<const net::TlsClient>& tls, std::size_t connections);
  /// Every loop takes connections from every socket. `sockets` must outlive them.
  void listen(const std::vector<PublicSocket>& sockets);

  /// Throws where there are no more threads to be had, with all that were started ended.
  void start();
  /// Until all loops have ended.
  void join();

  /// For connections from now on.
  void use(const TlsPtr& tls);
  /// From the next request on, all in the same moment.
  void use(const std::shared_ptr<const http::Settings>& settings);

  /// Who comes from here on is refused, whatever the loops are busy with; what is held is answered. `served` is called
  /// on some loop's thread when nobody is left there, once for each loop.
  void stop(const std::vector<PublicSocket>& sockets, const std::function<void()>& served);
  /// Ends the loops, and closes whatever is still there.
  void finish();
  std::size_t size() const { return lanes_.size(); }

 private:
  struct Lane;
  void accept(Lane& here, int descriptor, const wire::Address& peer, bool tls);
  Lane& least_busy(Lane& here);
  static void hand_over(Lane& to, int descriptor, const wire::Address& peer, bool tls);

  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace martd
