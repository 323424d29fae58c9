#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/site.h"
#include "net/loop.h"

namespace martd::client {

/// One address to connect to.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;

  bool operator==(const Endpoint& other) const;
};
/// For people: `127.0.0.1:3000`, `[::1]:3000`, `unix:/run/app.sock`.
std::string to_string(const Endpoint& endpoint);

/// What a look-up found; nothing: it failed.
using Found = std::optional<std::vector<Endpoint>>;
/// Asks the system for the addresses of a name. Blocks, for as long as the system's own time-outs are.
Found look_up(const std::string& host, std::uint16_t port);

/// The addresses of a site: looked up without blocking the loop, kept for a while, the one that last took a connection
/// first, also after it was found anew; behind it the two kinds of addresses in turn (RFC 8305 section 4). One a loop,
/// on its thread.
class Endpoints {
 public:
  using LookUp = Found (*)(const std::string& host, std::uint16_t port);

  /// `loop` and `site` must outlive it. `look_up` is called on a thread of its own, one call at a time.
  Endpoints(net::Loop& loop, const Site& site, LookUp look_up = client::look_up);
  /// Doesn't wait for a look-up that has begun: a name server that doesn't answer would hold up the end of the program.
  ~Endpoints();

  /// `ready` is called once, with an empty list where there is none: at once where they are known, else when they are.
  void get(std::function<void(std::span<const Endpoint>)> ready);
  /// What a look-up found: known for a while.
  void know(std::vector<Endpoint> found);
  /// It took a connection: it is the first from now on, for as long as the name has it.
  void took(const Endpoint& endpoint);
  /// None took one: look again.
  void forget();

 private:
  /// What a look-up shares with whom it is for, who may be gone before it.
  struct Mailbox;

  void begin_look_up();
  void found(Found endpoints);
  void put_first(const Endpoint& endpoint);

  net::Loop& loop_;
  const Site& site_;
  const LookUp look_up_;
  std::vector<Endpoint> known_;
  Endpoint last_;  ///< that took a connection; of size 0 before any did
  Time known_until_{};
  std::vector<std::function<void(std::span<const Endpoint>)>> waiting_;
  const std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace martd::client
