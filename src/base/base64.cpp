#include "base/base64.h"

#include <openssl/evp.h>

#include <cstddef>

namespace martd {

void append_base64(std::string& out, std::string_view bytes) {
  // EVP_EncodeBlock counts in int, so in pieces; whole groups of three, so that only the last is padded. The NUL that
  // it ends each piece with is overwritten by the next, the last one by itself the string's.
  constexpr std::size_t kPiece = std::size_t{3} << 24;
  std::size_t at = out.size();
  out.resize(at + (bytes.size() + 2) / 3 * 4);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    at += static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + at),
                                                   reinterpret_cast<const unsigned char*>(piece.data()),
                                                   static_cast<int>(piece.size())));
    bytes.remove_prefix(piece.size());
  }
}

}  // namespace martd
