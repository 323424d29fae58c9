#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/address.h"

namespace martd::wire {

/// Who really sent a request, as far as its connection and its headers can be believed. Contract section 4, 'The peer'.
///
/// - The connection's peer is no trusted proxy: it is the peer, unless it sent a forwarding header (nobody then).
/// - It is one: the rightmost address of X-Forwarded-For or Forwarded (RFC 7239, `for=`) that is not itself a trusted
/// proxy; the
///   leftmost where all are trusted. Nobody where neither header is there, where both are and differ, or where the
///   address that decides can't be read (`unknown`, an obfuscated name, rubbish).
///
/// The headers' values come in the order of their lines, which count as one list.
std::optional<Address> effective_peer(const Address& connection, std::span<const std::string_view> x_forwarded_for,
                                      std::span<const std::string_view> forwarded, const AddressSet& trusted);

/// `proto` of the first element of a line of Forwarded: by what scheme the client came to the first proxy. Empty where
/// that isn't said, or the line is malformed.
std::string forwarded_proto(std::string_view forwarded);

}  // namespace martd::wire
