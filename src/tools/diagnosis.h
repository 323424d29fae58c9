#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace martd::tools {

// What `martd doctor` saw of a server through whatever stands before it, and what that means. No sockets, no clock.

enum class Grade : std::uint8_t { pass, warn, fail };

struct Finding {
  Grade grade = Grade::pass;
  std::string_view subject;         ///< `stream`
  std::string said;                 ///< what was seen, one line
  std::vector<std::string> change;  ///< what to change, a line each; with a pass there is nothing
};

/// `PASS  stream      first byte after 3 ms`, and the changes below it, indented. With line ends; no other control
/// characters.
std::string text_of(const Finding& finding);

struct SeenReach {
  std::string problem;  ///< why there is no answer; empty: there is one
  int status = 0;
  bool martd = false;  ///< it answers as martd does
};
struct SeenTls {
  bool used = false;
  bool local = false;                        ///< the server is on this machine
  bool looked = true;                        ///< false: --insecure
  std::string problem;                       ///< why it isn't trusted; empty: it is
  std::string version;                       ///< `TLSv1.3`
  std::optional<std::chrono::seconds> left;  ///< until the certificate expires
};
struct SeenClock {
  std::optional<Duration> date;    ///< the header, of whoever answers, minus our clock
  std::optional<Duration> server;  ///< martd's own, minus ours
};
struct SeenKeepAlive {
  bool kept = false;
};
struct SeenStream {
  int status = 0;    ///< 0: no answer
  std::string type;  ///< its content type
  std::optional<Duration> first_byte;
  Duration limit{};  ///< how long it was waited for
};
struct SeenCompression {
  bool answered = false;
  std::string coding;  ///< Content-Encoding of a stream for a client that takes gzip, br and zstd
};
struct SeenDelivery {
  bool allowed = false;           ///< the doctor may push
  std::optional<Duration> after;  ///< from the push to the message
  Duration round_trip{};          ///< of the push itself
};
struct SeenResume {
  bool by_messages = false;  ///< it was tried with messages; else only with a cursor that is too old
  bool told = false;         ///< what follows the cursor came, and nothing else
  bool lost = false;         ///< the cursor had no effect
};
struct SeenHeartbeat {
  std::optional<Duration> after;  ///< silence before it
  Duration waited{};
  bool ended = false;  ///< the stream broke off instead
};
struct SeenOwnPages {
  bool foreign = false;  ///< /pub takes a page of the server's own address for a foreign one
  int status = 0;
};
struct SeenOrigin {
  std::string origin;
  std::vector<std::string> allowed;  ///< each Access-Control-Allow-Origin of /sub
  bool etag_exposed = false;
  int preflight = 0;  ///< status of OPTIONS /pub
};
struct SeenPushing {
  bool outside = true;  ///< who asks is not to be allowed by its address
  bool plain = false;   ///< allowed without secret or key
  std::string forged;   ///< the header line that says to be the server's own machine and was believed; empty: none
  int status = 0;       ///< of the plain one
};

Finding judge(const SeenReach& seen);
Finding judge(const SeenTls& seen);
Finding judge(const SeenClock& seen);
Finding judge(const SeenKeepAlive& seen);
Finding judge(const SeenStream& seen);
Finding judge(const SeenCompression& seen);
Finding judge(const SeenDelivery& seen);
Finding judge(const SeenResume& seen);
Finding judge(const SeenHeartbeat& seen);
Finding judge(const SeenOwnPages& seen);
Finding judge(const SeenOrigin& seen);
Finding judge(const SeenPushing& seen);

}  // namespace martd::tools
