#pragma once

#include <string>
#include <string_view>

namespace martd::test {

/// The UTF-8 decoder of the WHATWG Encoding Standard, section 8.1.1, step by step as it stands there (with 'do not
/// strip the byte order mark'), its code points encoded as UTF-8 again. Slow and plain on purpose: what the server does
/// fast is compared with it.
inline std::string whatwg_utf8_decoded(std::string_view bytes) {
  std::string out;
  const auto emit = [&out](char32_t c) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xC0 | (c >> 6));
      out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      out += static_cast<char>(0xE0 | (c >> 12));
      out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | (c >> 18));
      out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
      out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  };
  char32_t code_point = 0;
  int seen = 0;
  int needed = 0;
  unsigned lower = 0x80;
  unsigned upper = 0xBF;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned byte = static_cast<unsigned char>(bytes[i]);
    if (needed == 0) {
      if (byte <= 0x7F) {
        emit(byte);
      } else if (byte >= 0xC2 && byte <= 0xDF) {
        needed = 1;
        code_point = byte & 0x1F;
      } else if (byte >= 0xE0 && byte <= 0xEF) {
        if (byte == 0xE0) lower = 0xA0;
        if (byte == 0xED) upper = 0x9F;
        needed = 2;
        code_point = byte & 0xF;
      } else if (byte >= 0xF0 && byte <= 0xF4) {
        if (byte == 0xF0) lower = 0x90;
        if (byte == 0xF4) upper = 0x8F;
        needed = 3;
        code_point = byte & 0x7;
      } else {
        emit(0xFFFD);
      }
      continue;
    }
    const bool in_range = byte >= lower && byte <= upper;
    lower = 0x80;
    upper = 0xBF;
    if (!in_range) {
      needed = seen = 0;
      emit(0xFFFD);
      --i;  // 'restore byte to ioQueue'
      continue;
    }
    code_point = (code_point << 6) | (byte & 0x3F);
    if (++seen != needed) continue;
    emit(code_point);
    needed = seen = 0;
  }
  if (needed != 0) emit(0xFFFD);
  return out;
}

}  // namespace martd::test
