#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "net/tls_records.h"

namespace martd::net {

/// From OpenSSL, which makes the handshake, to TlsRecords, which goes on with a seventieth of the memory. What is
/// needed for that is gathered while the handshake runs.

/// Once for each context and connection, before the handshake.
void prepare_handover(SSL_CTX& context);
void prepare_handover(SSL& ssl);

/// The connection's records from here on: then `ssl` is of no more use, and nothing may be read or written by it. Null:
/// not now, as OpenSSL holds a part of a record, or not ever (a kernel that seals records, another suite, a client that
/// asked for short records, keys that have been changed since the handshake). The caller has no refused SSL_write
/// outstanding.
std::unique_ptr<TlsRecords> hand_over(SSL& ssl);

}  // namespace martd::net
