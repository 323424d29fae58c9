#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "net/loop.h"
#include "net/tcp.h"

namespace martd::net {

/// A descriptor that listens, and where. Owns it.
class ListenSocket {
 public:
  ListenSocket(int descriptor, boost::asio::ip::address address, std::uint16_t port)
      : descriptor_(descriptor), address_(std::move(address)), port_(port) {}
  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;

  int descriptor() const { return descriptor_; }
  /// For what is accepted from now on. Any thread.
  void limit_silence(const PeerSilence& silence) { net::limit_silence(descriptor_, silence); }
  const boost::asio::ip::address& address() const { return address_; }
  std::uint16_t port() const { return port_; }
  /// `127.0.0.1:54321`, `[::1]:54321`.
  std::string name() const;
  /// From here on the system refuses connections. Those that were made and not accepted yet are given to `on_accept`,
  /// so that they are answered and not reset; a bounded number of them. While loops still accept, too.
  void refuse(const std::function<void(int descriptor, const boost::asio::ip::address& peer)>& on_accept) const;

 private:
  int descriptor_;
  boost::asio::ip::address address_;
  std::uint16_t port_;
};

/// Listens on every address that `host` has (a name is looked up; blocks). Port 0: the system chooses, one port for all
/// of them. The error is a sentence that names what could not be had. An address family that the machine lacks is
/// passed over where the name has another.
std::variant<std::vector<ListenSocket>, std::string> listen(const std::string& host, std::uint16_t port);

/// Takes connections from a ListenSocket for one loop; several loops may share one socket. On one error it goes on;
/// where the process has no descriptors left it pauses.
class Listener : private Watched, private Timer {
 public:
  /// Called for each connection: a non-blocking descriptor, which is the callee's, and the peer's address.
  using OnAccept = std::function<void(int descriptor, const boost::asio::ip::address& peer)>;

  /// `socket` must outlive the listener.
  Listener(Loop& loop, const ListenSocket& socket, OnAccept on_accept);
  ~Listener();

  /// Loop's thread, or before it runs.
  void start();
  void stop();

 private:
  void on_events(Events events) override;
  void on_timer(Time now) override;
  void pause(const char* what);

  Loop& loop_;
  const ListenSocket& socket_;
  OnAccept on_accept_;
  bool watching_ = false;
  Time told_{};  ///< the log, of a pause
};

}  // namespace martd::net
