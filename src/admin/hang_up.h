#pragma once

#include "net/listener.h"

namespace martd::admin {

/// Ends both directions of every connection of this process that came in at `door`, so that whoever waits for one comes
/// back from it; the descriptors stay theirs. cpp-httplib doesn't tell which connections it has: they are found by
/// their local address. For the end, when no other thread opens sockets any more: a number could have become another's
/// meanwhile.
void hang_up(const net::ListenSocket& door);

}  // namespace martd::admin
