#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// What one run of the load generator is to do. Every question uses the part that it needs.
struct Options {
  std::string question;
  std::string dialect = "martd";
  std::string kind =
      "stream";  ///< idle: stream, poll or keepalive; proxy: get or upload; sweep: pause or not; hellos: group
  std::vector<std::size_t> levels;  ///< idle, channels, sweep, crowd, backlog: how many, ascending
  std::uint16_t port = 0;           ///< subscribers, and publishers unless publish_port says otherwise
  std::uint16_t publish_port = 0;
  int pid = 0;        ///< root of the server's processes
  int core = -1;      ///< where the generator runs; -1: anywhere
  bool rest = false;  ///< longpoll: between rounds, wait until the server has come to rest
  bool tls = false;   ///< all connections speak TLS
  bool spin = false;  ///< never sleep, so that no server pays for waking the generator
  std::size_t subscribers = 1000;
  std::size_t size = 100;       ///< bytes of a payload
  std::size_t channels = 1;     ///< longpoll: 1, or one for each subscriber
  std::size_t rate = 1000;      ///< messages a second: burst, latency
  std::size_t batch = 16;       ///< burst: how many are published at once
  std::size_t publishers = 1;   ///< connections that publish; proxy: that ask
  std::size_t missed = 3;       ///< reconnect: messages published during the break
  std::size_t in_flight = 256;  ///< connections that may wait for their first answer at a time
  double seconds = 3;           ///< what is measured
  double warmup = 0.5;          ///< the same work before it, not measured
  double limit = 60;            ///< when what was published has not arrived by then, it is lost
};

/// Reads `load QUESTION --name value …`. Throws std::runtime_error with one line that says what is wrong.
Options parse_options(int argc, char** argv);

}  // namespace bench
