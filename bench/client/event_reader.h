#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

/// Reads an event stream from the pieces in which it arrives. Strict about what the benchmark's messages look like:
/// one `data:` line each, and no event of the server's own (a loss, an end) but the one that says where it begins.
class EventReader {
 public:
  /// Calls `on_message(payload)` for each message that `bytes` completes; the payload is valid during the call.
  template <class OnMessage>
  void feed(std::string_view bytes, OnMessage&& on_message) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      if (end == bytes.npos) {
        partial_ += bytes;
        break;
      }
      std::string_view line = bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      const bool was_partial = !partial_.empty();
      if (was_partial) line = partial_ += line;
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (!line.empty()) {
        read_line(line);
        if (was_partial) keep_data();
      } else {
        if (has_data_ && !is_opening_) on_message(data_);
        has_data_ = is_opening_ = false;
      }
      if (was_partial) partial_.clear();
    }
    keep_data();
  }

  /// Of the newest message: what a browser sends as Last-Event-ID.
  const std::string& last_id() const { return last_id_; }

 private:
  void read_line(std::string_view line) {
    if (line.rfind("data:", 0) == 0) {
      if (has_data_) throw std::runtime_error("a message with two data lines: " + std::string(line.substr(0, 60)));
      data_ = value(line, 5);
      has_data_ = true;
    } else if (line.rfind("id:", 0) == 0) {
      last_id_ = value(line, 3);
    } else if (line == "event: martd.sub") {
      is_opening_ = true;
    } else if (line.rfind("event: martd.", 0) == 0) {
      throw std::runtime_error("the server says: " + std::string(line));
    }
  }

  static std::string_view value(std::string_view line, std::size_t start) {
    if (line.size() > start && line[start] == ' ') ++start;
    return line.substr(start);
  }

  /// The bytes that data_ looks at are about to go.
  void keep_data() {
    if (!has_data_ || data_.data() == kept_.data()) return;
    kept_ = data_;
    data_ = kept_;
  }

  std::string partial_;  ///< the begun line
  std::string kept_;
  std::string_view data_;
  bool has_data_ = false;
  bool is_opening_ = false;
  std::string last_id_;
};

}  // namespace bench
