#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/tls_context.h"
#include "net/tls_handover.h"

namespace martd::net {

/// Whether TlsRecords and the OpenSSL that is here understand each other: for each version and suite a handshake in
/// memory with OpenSSL's client, its hand-over, data of several sizes and changes of keys, both ways. Empty: they do.
/// Else where they don't, as `TLS 1.3, TLS_AES_128_GCM_SHA256: …`. Some milliseconds; `context` has one certificate
/// with a key for ECDSA. `hand`: instead of hand_over(), for tests.
std::string check_records(const TlsContext& context, const std::function<std::unique_ptr<TlsRecords>(SSL&)>& hand = {});

}  // namespace martd::net
