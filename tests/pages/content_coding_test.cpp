#include "pages/content_coding.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <vector>

namespace martd::pages {
namespace {

constexpr Coding kAll[] = {Coding::identity, Coding::gzip, Coding::deflate, Coding::br};

/// Text that packs somewhat, of any length.
std::string text_of(std::size_t size) {
  std::string text;
  unsigned state = 1;
  while (text.size() < size) {
    state = state * 1103515245U + 12345U;
    text += "word" + std::to_string(state >> 24) + (state % 7 == 0 ? "\n" : " ");
  }
  text.resize(size);
  return text;
}

std::string encoded(Coding coding, std::string_view text, std::size_t piece = std::string::npos) {
  Encoder encoder(coding);
  std::string out;
  while (!text.empty()) {
    encoder.write(text.substr(0, piece), out);
    text.remove_prefix(std::min(piece, text.size()));
    if (piece != std::string::npos) encoder.flush(out);
  }
  encoder.finish(out);
  return out;
}

struct Decoded {
  std::string text;
  bool corrupt = false;
  bool whole = false;
};

Decoded decoded(Coding coding, std::string_view bytes, std::size_t piece = std::string::npos) {
  Decoder decoder(coding);
  Decoded result;
  do {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    auto status = Decoder::Status::more;
    while (status == Decoder::Status::more) {
      const std::size_t before = result.text.size();
      status = decoder.step(input, result.text);
      if (result.text.size() - before > Decoder::kPiece) FAIL_CHECK("a piece of " << result.text.size() - before);
    }
    if (status == Decoder::Status::corrupt) {
      result.corrupt = true;
      return result;
    }
    if (!input.empty()) FAIL_CHECK("not taken: " << input.size());
  } while (!bytes.empty());
  result.whole = decoder.whole();
  return result;
}

/// zlib's own packing, with any frame.
std::string packed(std::string_view text, int window) {
  z_stream zlib{};
  REQUIRE(deflateInit2(&zlib, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 1000, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

TEST_CASE("coding: names") {
  CHECK(parse_coding("") == Coding::identity);
  CHECK(parse_coding("identity") == Coding::identity);
  CHECK(parse_coding(" GZip ") == Coding::gzip);
  CHECK(parse_coding("x-gzip") == Coding::gzip);
  CHECK(parse_coding("deflate") == Coding::deflate);
  CHECK(parse_coding("br") == Coding::br);
  for (const char* other : {"zstd", "compress", "dcb", "gzip, br", "gzip,", "gzi", "*"}) {
    CAPTURE(other);
    CHECK(!parse_coding(other));
  }
}

TEST_CASE("coding: what was encoded is decoded, however either is cut") {
  for (const Coding coding : kAll) {
    CAPTURE(static_cast<int>(coding));
    for (const std::size_t size : {0, 1, 2, 100, 16384, 16385, 200000}) {
      const std::string text = text_of(size);
      for (const std::size_t write : {std::size_t{7000}, std::string::npos}) {
        const std::string bytes = encoded(coding, text, write);
        for (const std::size_t read : {std::size_t{1}, std::size_t{3}, std::size_t{1000}, std::string::npos}) {
          const Decoded result = decoded(coding, bytes, read);
          CHECK((result.text == text));
          CHECK(result.whole);
        }
      }
    }
  }
}

TEST_CASE("coding: what was flushed can be read at once") {
  for (const Coding coding : kAll) {
    CAPTURE(static_cast<int>(coding));
    Encoder encoder(coding);
    Decoder decoder(coding);
    for (int n = 0; n < 20; ++n) {
      std::string bytes;
      encoder.write("line " + std::to_string(n) + "\n", bytes);
      encoder.flush(bytes);
      std::string_view input = bytes;
      std::string text;
      CHECK(decoder.step(input, text) == Decoder::Status::hungry);
      CHECK(text == "line " + std::to_string(n) + "\n");
      std::string none;
      encoder.flush(none);
      CHECK(none.empty());
    }
  }
}

TEST_CASE("coding: deflate with and without zlib's frame") {
  const std::string text = text_of(50000);
  for (const int window : {15, -15, -9, 9})
    for (const std::size_t read : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::string::npos}) {
      const Decoded result = decoded(Coding::deflate, packed(text, window), read);
      CHECK((result.text == text));
      CHECK(result.whole);
    }
  CHECK(decoded(Coding::deflate, packed("", -15)).whole);
}

TEST_CASE("coding: gzip of several members, and with something behind") {
  const std::string one = packed("one ", 31);
  const std::string two = packed("two", 31);
  for (const std::size_t read : {std::size_t{1}, std::string::npos}) {
    CHECK(decoded(Coding::gzip, one + two, read).text == "one two");
    CHECK(decoded(Coding::gzip, one + two, read).whole);
    CHECK(decoded(Coding::gzip, one + std::string(1000, '\0'), read).text == "one ");
    CHECK(decoded(Coding::gzip, one + "trailing", read).whole);
    // What follows rubbish is rubbish, even if it looks like a member: cut up, it was read as one.
    CHECK(decoded(Coding::gzip, one + "x" + two, read).text == "one ");
    CHECK(decoded(Coding::deflate, packed("one", 15) + one, read).text == "one");
    CHECK(decoded(Coding::br, encoded(Coding::br, "one") + one, read).text == "one");
  }
  CHECK(!decoded(Coding::gzip, one + two.substr(0, 5)).whole);
}

TEST_CASE("coding: what broke off is not whole, wherever it did") {
  for (const Coding coding : {Coding::gzip, Coding::deflate, Coding::br}) {
    CAPTURE(static_cast<int>(coding));
    const std::string bytes = encoded(coding, text_of(300));
    CHECK(decoded(coding, "").whole);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      const Decoded result = decoded(coding, bytes.substr(0, cut));
      CHECK(!result.corrupt);
      CHECK_MESSAGE(!result.whole, cut);
    }
  }
}

TEST_CASE("coding: what is not in the coding is found out") {
  for (const Coding coding : {Coding::gzip, Coding::br})
    CHECK(decoded(coding, "<!doctype html><html><head><title>plain</title></head></html>").corrupt);
  // As deflate, anything may begin a block; this is the kind that there is not.
  CHECK(decoded(Coding::deflate, "\xFF\xFF\xFF\xFF\xFF").corrupt);
  for (const Coding coding : {Coding::gzip, Coding::deflate}) {
    std::string bytes = encoded(coding, text_of(5000));
    bytes[bytes.size() - 2] = static_cast<char>(~bytes[bytes.size() - 2]);  // the check sum
    CHECK(decoded(coding, bytes).corrupt);
  }
}

TEST_CASE("coding: whatever a body unpacks to, it comes in pieces") {
  // 64 MB of zeros are 63 KB as gzip and 60 bytes as br. decoded() looks at each piece's length.
  for (const Coding coding : {Coding::gzip, Coding::br}) {
    Encoder encoder(coding);
    std::string bytes;
    const std::string zeros(1 << 20, '\0');
    for (int n = 0; n < 64; ++n) encoder.write(zeros, bytes);
    encoder.finish(bytes);
    CHECK(bytes.size() < 400000);
    Decoder decoder(coding);
    std::string_view input = bytes;
    std::size_t total = 0;
    std::size_t longest = 0;
    for (auto status = Decoder::Status::more; status == Decoder::Status::more;) {
      std::string piece;
      status = decoder.step(input, piece);
      total += piece.size();
      longest = std::max(longest, piece.size());
    }
    CHECK(total == 64U << 20);
    CHECK(longest <= Decoder::kPiece);
    CHECK(decoder.whole());
  }
}

}  // namespace
}  // namespace martd::pages
