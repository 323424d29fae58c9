#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

/// Reads HTTP/1.1 responses from the pieces in which they arrive: with a length, chunked, or up to the close.
/// Throws std::runtime_error when it is not HTTP.
class ResponseReader {
 public:
  /// Takes bytes off the front of `bytes`, at least one, and returns what of them is body; stops at a response's end.
  std::string_view take(std::string_view& bytes);

  bool has_head() const { return state_ != State::head; }
  bool is_complete() const { return state_ == State::complete; }
  void restart();

  int status() const { return status_; }
  bool closes() const { return closes_; }
  /// As sent, with their quotes. They stay until the next response has its own.
  const std::string& etag() const { return etag_; }
  const std::string& last_modified() const { return last_modified_; }

 private:
  enum class State {
    head,         ///< awaiting the empty line after the header
    fixed,        ///< awaiting left_ bytes of body
    until_close,  ///< all that comes is body
    chunk_size,   ///< awaiting the line with a chunk's size
    chunk,        ///< awaiting left_ bytes of a chunk
    chunk_end,    ///< awaiting the line end after a chunk
    trailer,      ///< awaiting the empty line after the last chunk
    complete
  };

  void read_head(std::string_view head);
  void read_field(std::string_view name, std::string_view value);
  bool take_line(std::string_view& bytes);

  State state_ = State::head;
  std::string partial_;  ///< the begun head or line
  std::size_t left_ = 0;
  int status_ = 0;
  bool closes_ = false;
  std::string etag_;
  std::string last_modified_;
};

}  // namespace bench
