#include "wire/body_reader.h"

#include <algorithm>

#include "wire/head_reader.h"

namespace martd::wire {
namespace {

constexpr std::uint8_t kMostDigits = 16;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 60;
constexpr std::uint16_t kMostTrailer = 16 * 1024;
constexpr std::uint16_t kMostSkipped = 256;

}  // namespace

BodyReader::BodyReader(Kind kind, std::uint64_t left)
    : left_(left),
      kind_(kind),
      state_(kind == Kind::chunked               ? State::size
             : kind == Kind::length && left == 0 ? State::done
                                                 : State::payload) {}

std::string_view BodyReader::next(std::string_view& bytes) {
  while (!bytes.empty() && state_ < State::done) {
    if (state_ != State::payload) {
      framing(bytes.front());
      if (state_ == State::wrong) return {};
      bytes.remove_prefix(1);
      continue;
    }
    std::size_t size = bytes.size();
    if (kind_ != Kind::until_close) {
      size = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
      left_ -= size;
      if (left_ == 0) state_ = kind_ == Kind::chunked ? State::data_end : State::done;
    }
    const std::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return piece;
  }
  return {};
}

void BodyReader::framing(char byte) {
  if (state_ >= State::line_start && ++trailer_ > kMostTrailer) return fail("trailer fields of more than 16384 bytes");
  switch (state_) {
    case State::size:
      return size_digit(byte);
    case State::size_blank:
    case State::extension:
    case State::quoted:
    case State::escaped:
      return skipped(byte);
    case State::size_end:
      return expect(byte, '\n', left_ == 0 ? State::line_start : State::payload);
    case State::data_end:
      return expect(byte, '\r', State::data_end_lf);
    case State::data_end_lf:
      digits_ = 0;
      skipped_ = 0;
      left_ = 0;
      return expect(byte, '\n', State::size);
    case State::line_start:
      if (byte == '\r') return expect(byte, '\r', State::last_end);
      if (byte == ':') return fail("a trailer field without a name");
      state_ = State::name;
      [[fallthrough]];
    case State::name:
      if (byte == ':') return expect(byte, ':', State::value);
      if (!HeadReader::is(byte, HeadReader::kToken)) fail("a malformed trailer field");
      return;
    case State::value:
      if (byte == '\r') return expect(byte, '\r', State::value_end);
      if (!HeadReader::is(byte, HeadReader::kValue)) fail("a byte in a trailer field that can't be there");
      return;
    case State::value_end:
      return expect(byte, '\n', State::line_start);
    case State::last_end:
      return expect(byte, '\n', State::done);
    default:
      return;
  }
}

void BodyReader::size_digit(char byte) {
  if (byte == '\r' && digits_ > 0) return expect(byte, '\r', State::size_end);
  int digit = -1;
  if (byte >= '0' && byte <= '9') digit = byte - '0';
  if (byte >= 'a' && byte <= 'f') digit = byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') digit = byte - 'A' + 10;
  if (digits_ > 0 && (byte == ' ' || byte == '\t' || byte == ';')) {
    state_ = State::size_blank;
    return skipped(byte);
  }
  if (digit < 0) return fail("a chunk's size is not hexadecimal digits and CR LF");
  if (++digits_ > kMostDigits || left_ > kMostBytes >> 4) return fail("a chunk's size is too long");
  left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
}

/// Behind the size of a chunk: blanks and extensions, of which nothing is wanted but their end.
void BodyReader::skipped(char byte) {
  if (byte == '\r' && (state_ == State::size_blank || state_ == State::extension))
    return expect(byte, '\r', State::size_end);
  if (byte == '\r') return fail("a quote in a chunk extension that doesn't end");
  if (++skipped_ > kMostSkipped) return fail("chunk extensions of more than 256 bytes");
  if (!HeadReader::is(byte, HeadReader::kValue)) return fail("a byte in a chunk extension that can't be there");
  switch (state_) {
    case State::size_blank:
      if (byte == ';')
        state_ = State::extension;
      else if (byte != ' ' && byte != '\t')
        fail("a chunk's size is not hexadecimal digits and CR LF");
      return;
    case State::extension:
      if (byte == '"') state_ = State::quoted;
      return;
    case State::quoted:
      if (byte == '"') state_ = State::extension;
      if (byte == '\\') state_ = State::escaped;
      return;
    default:
      state_ = State::quoted;
  }
}

void BodyReader::expect(char byte, char wanted, State following) {
  if (byte != wanted) return fail(wanted == '\r' ? "a chunk is longer than its size" : "a line end that is not CR LF");
  state_ = following;
}

void BodyReader::fail(std::string_view why) {
  wrong_ = why;
  state_ = State::wrong;
}

}  // namespace martd::wire
