#include "response_reader.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace bench {
namespace {

bool same_name(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) { return (x | 0x20) == y; });
}

}  // namespace

std::string_view ResponseReader::take(std::string_view& bytes) {
  switch (state_) {
    case State::head: {
      // Nearly always the head comes whole, and nothing is copied.
      const bool fresh = partial_.empty();
      const auto searched = partial_.size() < 3 ? 0 : partial_.size() - 3;
      if (!fresh) partial_ += bytes;
      const std::string_view all = fresh ? bytes : partial_;
      const auto end = all.find("\r\n\r\n", searched);
      if (end == all.npos) {
        if (fresh) partial_ = bytes;
        if (partial_.size() > 65536) throw std::runtime_error("a response's head does not end");
        bytes = {};
        return {};
      }
      const auto rest = all.size() - (end + 4);
      read_head(all.substr(0, end + 2));
      partial_.clear();
      bytes = bytes.substr(bytes.size() - rest);
      return {};
    }
    case State::fixed:
    case State::chunk: {
      const auto part = bytes.substr(0, left_);
      bytes.remove_prefix(part.size());
      left_ -= part.size();
      if (left_ == 0) state_ = state_ == State::fixed ? State::complete : State::chunk_end;
      return part;
    }
    case State::until_close: {
      const auto part = bytes;
      bytes = {};
      return part;
    }
    case State::chunk_size:
      if (take_line(bytes)) {
        const auto [end, error] = std::from_chars(partial_.data(), partial_.data() + partial_.size(), left_, 16);
        if (error != std::errc{}) throw std::runtime_error("not a chunk's size: " + partial_);
        partial_.clear();
        state_ = left_ == 0 ? State::trailer : State::chunk;
      }
      return {};
    case State::chunk_end:
      if (take_line(bytes)) {
        if (!partial_.empty()) throw std::runtime_error("no line end after a chunk");
        state_ = State::chunk_size;
      }
      return {};
    case State::trailer:
      if (take_line(bytes)) {
        if (partial_.empty()) state_ = State::complete;
        partial_.clear();
      }
      return {};
    case State::complete:
      break;
  }
  throw std::runtime_error("bytes after the end of a response");
}

void ResponseReader::restart() {
  state_ = State::head;
  status_ = 0;
  closes_ = false;
}

bool ResponseReader::take_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  partial_ += bytes.substr(0, end);
  if (partial_.size() > 65536) throw std::runtime_error("a chunk's line does not end");
  if (end == bytes.npos) {
    bytes = {};
    return false;
  }
  bytes.remove_prefix(end + 1);
  if (!partial_.empty() && partial_.back() == '\r') partial_.pop_back();
  return true;
}

void ResponseReader::read_head(std::string_view head) {
  const auto line_end = head.find("\r\n");
  const auto line = head.substr(0, line_end);
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1.") throw std::runtime_error("not HTTP: " + std::string(line));
  std::from_chars(line.data() + 9, line.data() + 12, status_);
  // 'chunk_size' and 'fixed' are what the fields below may make of it.
  state_ = State::until_close;
  for (head.remove_prefix(line_end + 2); !head.empty();) {
    const auto end = head.find("\r\n");
    const auto field = head.substr(0, end);
    const auto colon = field.find(':');
    if (colon == field.npos) throw std::runtime_error("not a header field: " + std::string(field));
    const auto start = field.find_first_not_of(" \t", colon + 1);
    read_field(field.substr(0, colon), start == field.npos ? std::string_view{} : field.substr(start));
    head.remove_prefix(end + 2);
  }
  if (status_ == 204 || status_ == 304) state_ = State::complete;
  if (state_ == State::fixed && left_ == 0) state_ = State::complete;
}

void ResponseReader::read_field(std::string_view name, std::string_view value) {
  if (same_name(name, "content-length")) {
    std::from_chars(value.data(), value.data() + value.size(), left_);
    state_ = State::fixed;
  } else if (same_name(name, "transfer-encoding")) {
    state_ = State::chunk_size;
  } else if (same_name(name, "etag")) {
    etag_ = value;
  } else if (same_name(name, "last-modified")) {
    last_modified_ = value;
  } else if (same_name(name, "connection")) {
    closes_ = same_name(value, "close");
  }
}

}  // namespace bench
