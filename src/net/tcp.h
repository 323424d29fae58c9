#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

// What is said to the kernel about a TCP connection, and asked of it. Each is a system call. Of a descriptor that is no
// TCP socket, what only TCP has is passed over.

namespace martd::net {

/// How long a peer may give no sign of life before the kernel ends the connection.
struct PeerSilence {
  Duration quiet;  ///< after so long without a byte in either direction it is asked for one, every 5 s from then
  Duration most;   ///< without an answer, or without an acknowledgement of what was sent
};

/// Of a listening socket it is handed down to all that it accepts from then on.
void limit_silence(int descriptor, const PeerSilence& silence);
/// PeerSilence::most alone (TCP_USER_TIMEOUT); 0: the kernel's own, some 15 minutes. The kernel counts by it as well
/// how long a peer that answers, and whose buffer is full, may take nothing.
void limit_unacknowledged(int descriptor, Duration most);

/// About so many bytes wait in the kernel for the peer at most. It no longer finds a size itself.
void bound_send_buffer(int descriptor, std::size_t bytes);

/// How far the peer has come with what was written.
struct Taken {
  std::uint64_t mark;  ///< another one: it has acknowledged something meanwhile
  bool in_flight;      ///< it owes an acknowledgement; else its buffer is full, or it has everything
};
Taken taken_by_peer(int descriptor);

}  // namespace martd::net
