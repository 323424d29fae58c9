#include "pages/content_coding.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zlib.h>

#include <array>
#include <limits>
#include <new>

#include "base/ascii.h"
#include "wire/query.h"

namespace martd::pages {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibWindow = 15;
constexpr int kBareWindow = -15;
// A page of 100 KB takes zlib some 1.5 ms so, and comes out a tenth larger than by the default.
constexpr int kZlibLevel = 4;
constexpr std::uint32_t kBrotliQuality = 4;
constexpr std::uint32_t kBrotliWindow = 18;

Bytef* bytes_of(const char* data) { return reinterpret_cast<Bytef*>(const_cast<char*>(data)); }
const std::uint8_t* brotli_bytes(const char* data) { return reinterpret_cast<const std::uint8_t*>(data); }

/// The two bytes that a body in zlib's frame begins with (RFC 1950).
bool begins_zlib(unsigned char first, unsigned char second) {
  return (first & 0x0F) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
}

}  // namespace

std::optional<Coding> parse_coding(std::string_view content_encoding) {
  const std::string_view name = trim(content_encoding);
  if (name.empty() || iequals(name, "identity")) return Coding::identity;
  if (iequals(name, "gzip") || iequals(name, "x-gzip")) return Coding::gzip;
  if (iequals(name, "deflate")) return Coding::deflate;
  if (iequals(name, "br")) return Coding::br;
  return std::nullopt;
}

struct Decoder::Machine {
  explicit Machine(Coding kind) : coding(kind) {
    if (coding == Coding::gzip) open_zlib(kGzipWindow);
    if (coding != Coding::br) return;
    brotli = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    if (brotli == nullptr) throw std::bad_alloc();
  }
  ~Machine() {
    if (zlib_open) inflateEnd(&zlib);
    if (brotli != nullptr) BrotliDecoderDestroyInstance(brotli);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void open_zlib(int window) {
    if (inflateInit2(&zlib, window) != Z_OK) throw std::bad_alloc();
    zlib_open = true;
  }

  Status by_zlib(std::string_view& input, char* piece, std::size_t& made);
  Status by_brotli(std::string_view& input, char* piece, std::size_t& made);
  Status inflate_some(std::string_view& input, char* piece, std::size_t& made);

  const Coding coding;
  z_stream zlib{};
  bool zlib_open = false;
  BrotliDecoderState* brotli = nullptr;
  std::string first;  ///< of a deflate body, until its kind is known
  bool begun = false;
  bool ended = false;
  bool rubbish = false;  ///< what comes after the end is no further member
};

Decoder::Decoder(Coding coding) : machine_(std::make_unique<Machine>(coding)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

bool Decoder::whole() const { return machine_->coding == Coding::identity || !machine_->begun || machine_->ended; }

Decoder::Status Decoder::step(std::string_view& input, std::string& out) {
  Machine& machine = *machine_;
  machine.begun |= !input.empty();
  if (machine.coding == Coding::identity) {
    out.append(input.substr(0, kPiece));
    input.remove_prefix(std::min(kPiece, input.size()));
    return input.empty() ? Status::hungry : Status::more;
  }
  std::array<char, kPiece> piece;
  std::size_t made = 0;
  const Status status = machine.coding == Coding::br ? machine.by_brotli(input, piece.data(), made)
                                                     : machine.by_zlib(input, piece.data(), made);
  out.append(piece.data(), made);
  return status;
}

Decoder::Status Decoder::Machine::by_zlib(std::string_view& input, char* piece, std::size_t& made) {
  if (zlib_open) return inflate_some(input, piece, made);
  // Deflate in zlib's frame or without: the first two bytes tell.
  while (first.size() < 2 && !input.empty()) {
    first += input[0];
    input.remove_prefix(1);
  }
  if (first.size() < 2) return Status::hungry;
  open_zlib(begins_zlib(static_cast<unsigned char>(first[0]), static_cast<unsigned char>(first[1])) ? kZlibWindow
                                                                                                    : kBareWindow);
  std::string_view begin = first;
  const Status status = inflate_some(begin, piece, made);
  if (status == Status::corrupt) return status;
  // Two bytes don't fill a piece.
  std::size_t more = 0;
  const Status then = input.empty() ? status : inflate_some(input, piece + made, more);
  made += more;
  return then;
}

Decoder::Status Decoder::Machine::inflate_some(std::string_view& input, char* piece, std::size_t& made) {
  const std::size_t room = kPiece - (first.empty() ? 0 : 64);
  while (!ended || !input.empty()) {
    if (ended) {
      // Another member, or what some servers fill up with, to the end.
      rubbish |= coding != Coding::gzip || input[0] != '\x1F' || inflateReset(&zlib) != Z_OK;
      if (rubbish) {
        input = {};
        break;
      }
      ended = false;
    }
    const auto given = std::min<std::size_t>(input.size(), std::numeric_limits<uInt>::max());
    zlib.next_in = bytes_of(input.data());
    zlib.avail_in = static_cast<uInt>(given);
    zlib.next_out = bytes_of(piece + made);
    zlib.avail_out = static_cast<uInt>(room - made);
    const int result = inflate(&zlib, Z_NO_FLUSH);
    input.remove_prefix(given - zlib.avail_in);
    made = room - zlib.avail_out;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_STREAM_END) {
      ended = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return Status::corrupt;
    }
    if (zlib.avail_out == 0) return Status::more;
    if (!ended && input.empty()) break;
  }
  return Status::hungry;
}

Decoder::Status Decoder::Machine::by_brotli(std::string_view& input, char* piece, std::size_t& made) {
  if (ended) {
    input = {};
    return Status::hungry;
  }
  std::size_t given = input.size();
  const std::uint8_t* in = brotli_bytes(input.data());
  std::size_t room = kPiece;
  auto* out = reinterpret_cast<std::uint8_t*>(piece);
  const auto result = BrotliDecoderDecompressStream(brotli, &given, &in, &room, &out, nullptr);
  input.remove_prefix(input.size() - given);
  made = kPiece - room;
  switch (result) {
    case BROTLI_DECODER_RESULT_SUCCESS:
      ended = true;
      input = {};
      return Status::hungry;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
      return Status::more;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
      return Status::hungry;
    default:
      return Status::corrupt;
  }
}

struct Encoder::Machine {
  explicit Machine(Coding kind) : coding(kind) {
    if (coding == Coding::gzip || coding == Coding::deflate) {
      const int window = coding == Coding::gzip ? kGzipWindow : kZlibWindow;
      if (deflateInit2(&zlib, kZlibLevel, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    }
    if (coding != Coding::br) return;
    brotli = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
    if (brotli == nullptr) throw std::bad_alloc();
    BrotliEncoderSetParameter(brotli, BROTLI_PARAM_QUALITY, kBrotliQuality);
    BrotliEncoderSetParameter(brotli, BROTLI_PARAM_LGWIN, kBrotliWindow);
  }
  ~Machine() {
    if (coding == Coding::gzip || coding == Coding::deflate) deflateEnd(&zlib);
    if (brotli != nullptr) BrotliEncoderDestroyInstance(brotli);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void deflate_all(std::string_view bytes, int how, std::string& out);
  void brotli_all(std::string_view bytes, BrotliEncoderOperation how, std::string& out);

  const Coding coding;
  z_stream zlib{};
  BrotliEncoderState* brotli = nullptr;
  bool kept = false;  ///< something may wait for a flush
};

Encoder::Encoder(Coding coding) : machine_(std::make_unique<Machine>(coding)) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

void Encoder::write(std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  machine_->kept = true;
  if (machine_->coding == Coding::identity)
    out.append(bytes);
  else if (machine_->coding == Coding::br)
    machine_->brotli_all(bytes, BROTLI_OPERATION_PROCESS, out);
  else
    machine_->deflate_all(bytes, Z_NO_FLUSH, out);
}

void Encoder::flush(std::string& out) {
  if (!machine_->kept) return;
  machine_->kept = false;
  if (machine_->coding == Coding::br) machine_->brotli_all({}, BROTLI_OPERATION_FLUSH, out);
  if (machine_->coding == Coding::gzip || machine_->coding == Coding::deflate)
    machine_->deflate_all({}, Z_SYNC_FLUSH, out);
}

void Encoder::finish(std::string& out) {
  if (machine_->coding == Coding::br) machine_->brotli_all({}, BROTLI_OPERATION_FINISH, out);
  if (machine_->coding == Coding::gzip || machine_->coding == Coding::deflate) machine_->deflate_all({}, Z_FINISH, out);
}

void Encoder::Machine::deflate_all(std::string_view bytes, int how, std::string& out) {
  std::array<char, Decoder::kPiece> piece;
  do {
    const auto given = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    zlib.next_in = bytes_of(bytes.data());
    zlib.avail_in = static_cast<uInt>(given);
    do {
      zlib.next_out = bytes_of(piece.data());
      zlib.avail_out = static_cast<uInt>(piece.size());
      deflate(&zlib, how);
      out.append(piece.data(), piece.size() - zlib.avail_out);
    } while (zlib.avail_out == 0);
    bytes.remove_prefix(given);
  } while (!bytes.empty());
}

void Encoder::Machine::brotli_all(std::string_view bytes, BrotliEncoderOperation how, std::string& out) {
  std::array<char, Decoder::kPiece> piece;
  std::size_t given = bytes.size();
  const std::uint8_t* in = brotli_bytes(bytes.data());
  do {
    std::size_t room = piece.size();
    auto* put = reinterpret_cast<std::uint8_t*>(piece.data());
    if (BrotliEncoderCompressStream(brotli, how, &given, &in, &room, &put, nullptr) == BROTLI_FALSE)
      throw std::bad_alloc();
    out.append(piece.data(), piece.size() - room);
  } while (given > 0 || BrotliEncoderHasMoreOutput(brotli) == BROTLI_TRUE);
}

}  // namespace martd::pages
