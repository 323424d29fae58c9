#pragma once

#include <cstddef>

namespace martd::net {

/// OpenSSL's SSL holds the secrets of its connection (RFC 8446 section 7.1), and when it is freed they stay in the
/// memory that it had, until somebody else gets it and writes over them. So what is freed with it is overwritten first.

/// Once, before anything else of OpenSSL is called. False: too late, and nothing is overwritten.
bool clear_freed_secrets();
/// Tests: is shown what is overwritten, when it has been and before it is freed. Null: nobody.
void show_cleared(void (*observer)(const unsigned char* bytes, std::size_t size));

/// While it lives, what OpenSSL frees on this thread is overwritten.
class ClearingFreed {
 public:
  ClearingFreed();
  ~ClearingFreed();
  ClearingFreed(const ClearingFreed&) = delete;
  ClearingFreed& operator=(const ClearingFreed&) = delete;
};

}  // namespace martd::net
