#pragma once

#include <cstddef>
#include <cstdint>

namespace martd::net {

/// What one non-blocking call came to.
enum class Io : std::uint8_t {
  done,    ///< `bytes` were moved, at least one where any were asked for
  again,   ///< the socket isn't ready
  end,     ///< the peer has ended its side
  cut,     ///< its side has ended, over TLS, and it didn't say so: anybody on the way could have done that
  failed,  ///< the connection is gone
};
struct IoResult {
  Io io;
  std::size_t bytes = 0;
};

/// recv() and send() that way.
IoResult receive(int descriptor, char* into, std::size_t size);
IoResult send(int descriptor, const char* bytes, std::size_t size);

}  // namespace martd::net
