#include "process/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace martd {
namespace {

constexpr std::size_t kPiece = 64 << 10;

ssize_t read_some(int descriptor, std::array<char, kPiece>& piece) {
  ssize_t size = 0;
  do {
    size = ::read(descriptor, piece.data(), piece.size());
  } while (size < 0 && errno == EINTR);
  return size;
}

}  // namespace

std::variant<std::string, Unread> read_whole(int descriptor, std::size_t most) {
  std::string text;
  std::array<char, kPiece> piece;
  for (;;) {
    const ssize_t size = read_some(descriptor, piece);
    if (size < 0) return Unread{std::strerror(errno)};
    if (size == 0) return text;
    if (static_cast<std::size_t>(size) > most - text.size())
      return Unread{"more than " + std::to_string(most) + " bytes"};
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

std::variant<std::string, Unread> read_file(const std::string& path, std::size_t most) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Unread{std::strerror(errno)};
  auto read = read_whole(descriptor, most);
  ::close(descriptor);
  return read;
}

bool LineReader::fill() {
  if (over_) return false;
  bytes_.erase(0, begin_);
  begin_ = 0;
  std::array<char, kPiece> piece;
  const ssize_t size = read_some(descriptor_, piece);
  if (size < 0) problem_ = std::strerror(errno);
  over_ = size <= 0;
  if (!over_) bytes_.append(piece.data(), static_cast<std::size_t>(size));
  return !over_;
}

std::optional<std::string> LineReader::next() {
  std::size_t looked = 0;
  for (;;) {
    const std::size_t end = bytes_.find('\n', begin_ + looked);
    if (end != std::string::npos) {
      std::string line = bytes_.substr(begin_, end - begin_);
      begin_ = end + 1;
      return line;
    }
    looked = bytes_.size() - begin_;
    if (fill()) continue;
    // A piece of a line that broke off is no line.
    if (!problem_.empty() || looked == 0) return std::nullopt;
    std::string line = bytes_.substr(begin_);
    begin_ = bytes_.size();
    return line;
  }
}

}  // namespace martd
