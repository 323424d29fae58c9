#include "wire/chunks.h"

#include <doctest/doctest.h>

#include "wire/body_reader.h"

using namespace martd::wire;

TEST_CASE("chunks: a size in hexadecimal, the bytes, a line end") {
  std::string out = "before ";
  append_chunk(out, "hello");
  CHECK(out == "before 5\r\nhello\r\n");
  std::string bytes(31, 'x');
  make_chunk(bytes);
  CHECK(bytes == "1f\r\n" + std::string(31, 'x') + "\r\n");
}

TEST_CASE("chunks: made where the bytes are, without an allocation where there is room") {
  std::string bytes;
  bytes.reserve(100000 + kMostAroundChunk);
  bytes.assign(100000, 'x');
  const char* const there = bytes.data();
  make_chunk(bytes);
  CHECK(bytes.data() == there);
  CHECK(bytes.starts_with("186a0\r\nxx"));
}

TEST_CASE("chunks: what is written is read, and ends with the last one") {
  std::string out;
  for (const std::size_t size : {1, 9, 10, 15, 16, 255, 256, 4095, 4096, 65536})
    append_chunk(out, std::string(size, 'y'));
  out += kLastChunk;
  BodyReader reader = BodyReader::chunked();
  std::size_t read = 0;
  std::string_view rest = out;
  while (!reader.done()) {
    const auto piece = reader.next(rest);
    REQUIRE(reader.wrong().empty());
    read += piece.size();
  }
  CHECK(read == 1 + 9 + 10 + 15 + 16 + 255 + 256 + 4095 + 4096 + 65536);
  CHECK(rest.empty());
}
