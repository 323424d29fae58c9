#pragma once

#include <cstdint>
#include <string_view>

namespace martd::wire {

/// Finds the payload of a message's body in the bytes as they come, and where the body ends (RFC 9112 sections 6 and
/// 7). A value without a buffer: pieces are views into what is given.
///
/// Chunks are taken as no two parsers read them differently: a size of 1 to 16 hex digits up to 2^60, CR LF, and
/// exactly that many bytes; trailer fields (up to 16 KiB) are dropped. Blanks behind the size and chunk extensions are
/// skipped (RFC 9112 section 7.1.1), up to 256 bytes for each chunk: no control byte but tab, so neither CR nor LF but
/// at the line's end, and no quote that is still open there.
class BodyReader {
 public:
  static BodyReader none() { return {Kind::length, 0}; }
  static BodyReader length(std::uint64_t bytes) { return {Kind::length, bytes}; }
  static BodyReader chunked() { return {Kind::chunked, 0}; }
  /// It ends with the connection.
  static BodyReader until_close() { return {Kind::until_close, 0}; }

  /// The next piece of the payload, taken with its framing off the front of `bytes`. Empty: all of `bytes` is taken and
  /// more is to come, or the body is done() (what follows it stays in `bytes`), or it is wrong().
  std::string_view next(std::string_view& bytes);

  bool done() const { return state_ == State::done; }
  /// What is wrong with the chunks, for a person; empty while nothing is.
  std::string_view wrong() const { return wrong_; }
  bool ends_with_connection() const { return kind_ == Kind::until_close; }
  /// Of a body by length: the bytes that are to come.
  std::uint64_t left() const { return left_; }

 private:
  enum class Kind : std::uint8_t { length, chunked, until_close };
  enum class State : std::uint8_t {
    payload,
    size,         ///< in the digits of a chunk's size
    size_blank,   ///< in the blanks after them
    extension,    ///< behind a semicolon
    quoted,       ///< in quotes of an extension
    escaped,      ///< behind a backslash there
    size_end,     ///< awaiting the LF of that line
    data_end,     ///< awaiting the CR after a chunk's bytes
    data_end_lf,  ///< awaiting the LF after that
    line_start,   ///< of a trailer field, or the empty line
    name,         ///< in a trailer's name
    value,        ///< in a trailer's value
    value_end,    ///< awaiting the LF after it
    last_end,     ///< awaiting the LF of the empty line
    done,
    wrong,
  };
  BodyReader(Kind kind, std::uint64_t left);
  void framing(char byte);
  void size_digit(char byte);
  void skipped(char byte);
  void fail(std::string_view why);
  void expect(char byte, char wanted, State following);

  std::uint64_t left_;  ///< bytes of the body or of this chunk
  std::string_view wrong_;
  std::uint16_t trailer_ = 0;  ///< bytes of it
  std::uint16_t skipped_ = 0;  ///< bytes behind this chunk's size
  std::uint8_t digits_ = 0;
  Kind kind_;
  State state_;
};

}  // namespace martd::wire
