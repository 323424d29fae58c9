#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string_view>

#include "net/tls_records.h"

namespace martd::net {

/// From OpenSSL, which makes the handshake, to TlsRecords, which goes on with a seventieth of the memory. What is
/// needed for that is gathered while the handshake runs.

/// Once for each context and connection, before the handshake. Without `own_records` it is never handed over.
void prepare_handover(SSL_CTX& context);
void prepare_handover(SSL& ssl, bool own_records);

/// The first five bytes that came, or nothing: not so many yet. They stay as long as the handshake lasts.
std::string_view first_bytes(const SSL& ssl);

/// The connection's records from here on: then `ssl` is of no more use, and nothing may be read or written by it. Null:
/// not now, as OpenSSL holds a part of a record, or not ever (a kernel that seals records, another suite, a client that
/// asked for short records, keys that have been changed since the handshake, records that were sent and are not
/// accounted for). The caller has no refused SSL_write outstanding. `rekey_after`: in TLS 1.3.
std::unique_ptr<TlsRecords> hand_over(SSL& ssl, std::uint64_t rekey_after = TlsRecords::kRekeyAfter);

}  // namespace martd::net
