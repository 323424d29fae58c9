#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace martd::pages {

/// The content codings that are read and written (RFC 9110, section 8.4.1).
enum class Coding : std::uint8_t { identity, gzip, deflate, br };

/// What a Content-Encoding says; an empty one is identity. Nothing for one that is not read, and for several.
std::optional<Coding> parse_coding(std::string_view content_encoding);

/// Decodes a body as it comes. `deflate` is taken with zlib's frame, as the RFC has it, and bare, as some send it;
/// several gzip members are one body; what follows the end of a body is dropped.
/// Throws std::bad_alloc where there is no memory.
class Decoder {
 public:
  static constexpr std::size_t kPiece = std::size_t{16} << 10;

  enum class Status : std::uint8_t {
    hungry,   ///< all input is taken, and all that it means is put out
    more,     ///< the piece is full; call again, with what is left of the input, even if that is nothing
    corrupt,  ///< this is not that coding
  };

  explicit Decoder(Coding coding);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Takes from the front of `input` and appends at most kPiece bytes to `out`: however much a body unpacks to, no more
  /// is in memory than the caller leaves there.
  Status step(std::string_view& input, std::string& out);
  /// Whether a body may end here. An empty one may.
  bool whole() const;

  struct Machine;

 private:
  std::unique_ptr<Machine> machine_;
};

/// Encodes a body as it comes. Light settings: pages are encoded while somebody waits.
/// Throws std::bad_alloc where there is no memory.
class Encoder {
 public:
  explicit Encoder(Coding coding);
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  /// May keep some of it back.
  void write(std::string_view bytes, std::string& out);
  /// Puts out all that was written, so that the other side can read it. Nothing where nothing is kept back.
  void flush(std::string& out);
  /// The end of the body.
  void finish(std::string& out);

  struct Machine;

 private:
  std::unique_ptr<Machine> machine_;
};

}  // namespace martd::pages
