#include <algorithm>
#include <string>

#include "fuzz.h"
#include "wire/body_reader.h"

using namespace martd;
using fuzz::hold;

namespace {

struct Read {
  std::string payload;
  std::size_t taken = 0;  ///< bytes of the body with its framing
  bool done = false;
  bool wrong = false;

  bool operator==(const Read&) const = default;
};

Read read(wire::BodyReader reader, std::string_view bytes, std::size_t size) {
  Read result;
  while (!bytes.empty() && !reader.done() && reader.wrong().empty()) {
    std::string_view piece = bytes.substr(0, size);
    const std::size_t before = piece.size();
    result.payload += reader.next(piece);
    bytes.remove_prefix(before - piece.size());
    result.taken += before - piece.size();
    hold(before > piece.size() || reader.done() || !reader.wrong().empty(), "every call takes something");
  }
  result.done = reader.done();
  result.wrong = !reader.wrong().empty();
  hold(!(result.done && result.wrong), "done or wrong");
  return result;
}

/// What stands behind a chunk's size: nothing, blanks, or extensions, in which no quote stays open.
bool may_be_skipped(std::string_view text) {
  if (text.size() > 256) return false;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) return false;
    if (byte == '"') quoted = !quoted;
    if (quoted && byte == '\\') ++at;
    if (at < text.size() && (text[at] == '\r' || text[at] == '\n' || text[at] == '\0')) return false;
  }
  const auto first = text.find_first_not_of(" \t");
  return !quoted && (first == text.npos || text[first] == ';');
}

/// A plain reader of chunks, as RFC 9112 section 7.1 has them: the payload, or nothing where it isn't exactly that.
bool read_plainly(std::string_view bytes, std::string& payload) {
  for (;;) {
    const auto end = bytes.find("\r\n");
    if (end == bytes.npos) return false;
    const auto digits = bytes.substr(0, end).find_first_not_of("0123456789abcdefABCDEF");
    const std::string_view number = bytes.substr(0, std::min(digits, end));
    if (number.empty() || number.size() > 16 || !may_be_skipped(bytes.substr(number.size(), end - number.size())))
      return false;
    std::uint64_t size = 0;
    for (const char c : number) {
      const auto digit =
          std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
      if (digit == std::string_view::npos || size >> 59) return false;
      size = size * 16 + digit;
    }
    bytes.remove_prefix(end + 2);
    if (size == 0) break;
    if (bytes.size() < size || bytes.substr(size, 2) != "\r\n") return false;
    payload += bytes.substr(0, size);
    bytes.remove_prefix(size + 2);
  }
  while (!bytes.starts_with("\r\n")) {
    const auto end = bytes.find("\r\n");
    if (end == bytes.npos) return false;
    bytes.remove_prefix(end + 2);
  }
  return bytes.size() == 2;
}

}  // namespace

/// The first byte says how long the pieces are in which the rest comes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + 1;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);
  const Read whole = read(wire::BodyReader::chunked(), bytes, SIZE_MAX);
  const Read pieces = read(wire::BodyReader::chunked(), bytes, piece);
  hold(whole == pieces, "how it comes in pieces makes no difference");
  if (whole.done) {
    std::string payload;
    hold(read_plainly(bytes.substr(0, whole.taken), payload), "what is taken is nothing but chunks");
    hold(payload == whole.payload, "a plain reader finds the same payload");
  }
  const Read counted = read(wire::BodyReader::length(piece), bytes, 7);
  hold(counted.payload == bytes.substr(0, piece) && counted.done == (bytes.size() >= piece), "a length is a length");
  const Read all = read(wire::BodyReader::until_close(), bytes, piece);
  hold(all.payload == bytes && !all.done && !all.wrong, "until the end");
  return 0;
}
