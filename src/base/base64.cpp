#include "base/base64.h"

#include <openssl/evp.h>

#include <cstddef>

namespace martd {

namespace {

/// OpenSSL counts in int, so all goes in pieces of so many groups: three bytes, which are four digits.
constexpr std::size_t kGroups = std::size_t{1} << 24;

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  // Whole groups, so that only the last piece is padded. The NUL that EVP_EncodeBlock ends each piece with is
  // overwritten by the next, the last one by itself the string's.
  constexpr std::size_t kPiece = 3 * kGroups;
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

std::optional<std::string_view> append_base64_decoded(std::string& out, std::string_view text) {
  if (text.size() % 4 != 0) return "not a whole number of groups of four";
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::size_t begin = out.size();
  const auto refuse = [&](std::string_view why) {
    out.resize(begin);
    return why;
  };
  // EVP_DecodeBlock decodes = as a zero, wherever it stands.
  constexpr std::string_view kNoDigit = "a byte that is none of its digits";
  if (text.find('=') < text.size() - padding) return kNoDigit;
  std::size_t at = begin;
  out.resize(at + text.size() / 4 * 3);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view piece = rest.substr(0, 4 * kGroups);
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data() + at),
                        reinterpret_cast<const unsigned char*>(piece.data()), static_cast<int>(piece.size()));
    // Blanks around a piece are passed over; then less comes of it.
    if (size < 0 || static_cast<std::size_t>(size) != piece.size() / 4 * 3) return refuse(kNoDigit);
    at += static_cast<std::size_t>(size);
    rest.remove_prefix(piece.size());
  }
  out.resize(at - padding);
  if (padding == 0) return std::nullopt;
  std::string last;
  append_base64(last, std::string_view(out).substr(at - 3));
  return last == text.substr(text.size() - 4) ? std::nullopt : std::optional(refuse("bits that belong to no byte"));
}

}  // namespace martd
