#include "wire/head_guard.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "wire/host.h"
#include "wire/query.h"
#include "wire/text.h"
#include "wire/words.h"

namespace martd::wire {
namespace {

constexpr std::size_t kMostFields = 1000;

/// What a byte may be part of.
enum Part : std::uint8_t {
  kToken = 1,   ///< a method or a field's name
  kTarget = 2,  ///< a request target: also what should be percent-encoded and often isn't
  kValue = 4,   ///< a field's value
};
constexpr std::array<std::uint8_t, 256> kParts = [] {
  std::array<std::uint8_t, 256> parts{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
    parts[static_cast<unsigned char>(c)] |= kToken;
  for (std::size_t byte = 0x20; byte < 256; ++byte) {
    if (byte == 0x7F) continue;
    parts[byte] |= kValue;
    if (byte > 0x20) parts[byte] |= kTarget;
  }
  parts['\t'] |= kValue;
  return parts;
}();

/// Reads a head from its start to its end, once.
class HeadReader {
 public:
  HeadReader(std::string_view head, std::size_t max_target) : head_(head), max_target_(max_target) {}

  std::optional<Refusal> check() {
    if (auto refusal = check_request_line()) return refusal;
    for (std::size_t fields = 0; !at_empty_line(); ++fields) {
      if (fields == kMostFields) return Refusal{431, "more than " + std::to_string(kMostFields) + " header fields"};
      if (auto refusal = check_field()) return refusal;
    }
    if (at_ + 2 != head_.size()) return bad_request("bytes after the end of the head");
    return check_whole();
  }

 private:
  std::optional<Refusal> check_request_line() {
    method_ = take(kToken);
    if (method_.empty() || !take_byte(' ')) return bad_request("request line: malformed method");
    target_ = take(kTarget);
    if (target_.size() > max_target_)
      return Refusal{414, "request target longer than " + std::to_string(max_target_) + " bytes"};
    if (target_.empty() || !take_byte(' '))
      return bad_request("request line: malformed target (taken: one space on either side, no control characters)");
    const std::string_view version = head_.substr(at_, 8);
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
      return bad_request("request line: HTTP version not taken (taken: HTTP/1.1, HTTP/1.0)");
    version_1_1_ = version.back() == '1';
    at_ += version.size();
    return check_line_end();
  }

  std::optional<Refusal> check_field() {
    if (at_ < head_.size() && (head_[at_] == ' ' || head_[at_] == '\t')) return bad_request("folded header line");
    const std::string_view name = take(kToken);
    if (!take_byte(':')) {
      if (at_ < head_.size() && (head_[at_] == ' ' || head_[at_] == '\t'))
        return bad_request("space before the colon of header " + shown(name));
      return bad_request("malformed header name " + shown(name));
    }
    if (name.empty()) return bad_request("header without a name");
    const std::string_view value = trim(take_value());
    if (auto refusal = check_line_end()) return refusal;
    // The lengths tell the few names that matter from nearly all others.
    if (name.size() == 4 && iequals(name, "Host")) return note(host_, value, "Host");
    if (name.size() == 14 && iequals(name, "Content-Length")) return note(content_length_, value, "Content-Length");
    if (name.size() == 17 && iequals(name, "Transfer-Encoding"))
      return note(transfer_encoding_, value, "Transfer-Encoding");
    return std::nullopt;
  }

  static std::optional<Refusal> note(std::optional<std::string_view>& field, std::string_view value,
                                     std::string_view name) {
    if (field) return bad_request(std::string(name) + ": sent twice");
    field = value;
    return std::nullopt;
  }

  /// What can only be said with all fields seen.
  std::optional<Refusal> check_whole() const {
    if (transfer_encoding_) {
      if (!version_1_1_) return bad_request("Transfer-Encoding in HTTP/1.0");
      if (content_length_) return bad_request("both Content-Length and Transfer-Encoding");
      if (!iequals(*transfer_encoding_, "chunked")) return bad_request("Transfer-Encoding: not taken (taken: chunked)");
    }
    if (content_length_ && !valid_length(*content_length_))
      return bad_request("Content-Length: not a number of bytes: " + shown(*content_length_));
    if (!host_ && version_1_1_) return bad_request("Host: missing");
    if (host_ && !parse_host(*host_)) return bad_request("Host: malformed: " + shown(*host_));
    return check_target();
  }

  std::optional<Refusal> check_target() const {
    if (target_[0] == '/') return std::nullopt;
    if (target_ == "*" && method_ == "OPTIONS") return std::nullopt;
    std::size_t scheme = 0;
    if (iequals(target_.substr(0, 7), "http://")) scheme = 7;
    if (iequals(target_.substr(0, 8), "https://")) scheme = 8;
    if (scheme == 0)
      return bad_request("request line: target not taken (taken: /path, http://… or https://…, * with OPTIONS)");
    std::string_view authority = target_.substr(scheme);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (!parse_host(authority)) return bad_request("request line: malformed host in the target");
    // A client must send the same in both (RFC 9112, section 3.2); whoever doesn't wants two readers to differ.
    if (host_ && !iequals(authority, *host_)) return bad_request("Host: not the host of the request target");
    return std::nullopt;
  }

  static bool valid_length(std::string_view text) {
    std::int64_t length = 0;
    if (text.empty() || text[0] == '-') return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    return error == std::errc{} && end == text.data() + text.size();
  }

  bool at_empty_line() const { return head_.substr(at_, 2) == "\r\n"; }

  /// The line ends here, or there is a byte that no line may have.
  std::optional<Refusal> check_line_end() {
    if (at_empty_line()) {
      at_ += 2;
      return std::nullopt;
    }
    if (at_ == head_.size()) return bad_request("the head is not whole");
    if (head_[at_] == '\n') return bad_request("bare LF in the head");
    if (head_[at_] == '\r') return bad_request("bare CR in the head");
    return bad_request("a byte in the head that can't be there");
  }

  bool take_byte(char byte) {
    if (at_ == head_.size() || head_[at_] != byte) return false;
    ++at_;
    return true;
  }

  std::string_view take(Part part) {
    const std::size_t begin = at_;
    while (at_ < head_.size() && (kParts[static_cast<unsigned char>(head_[at_])] & part)) ++at_;
    return head_.substr(begin, at_ - begin);
  }

  std::string_view take_value() {
    const std::size_t begin = at_;
    while (head_.size() - at_ >= 8) {
      const std::uint64_t word = load_word(head_.data() + at_);
      if (any_below(word, 0x20) | any_equal(word, 0x7F)) break;
      at_ += 8;
    }
    take(kValue);
    return head_.substr(begin, at_ - begin);
  }

  const std::string_view head_;
  const std::size_t max_target_;
  std::size_t at_ = 0;
  std::string_view method_;
  std::string_view target_;
  bool version_1_1_ = false;
  std::optional<std::string_view> host_;
  std::optional<std::string_view> content_length_;
  std::optional<std::string_view> transfer_encoding_;
};

}  // namespace

std::size_t head_end(std::string_view bytes, std::size_t from) {
  std::size_t at = from > 3 ? from - 3 : 0;
  while ((at = bytes.find('\n', at)) != std::string_view::npos) {
    const std::string_view rest = bytes.substr(++at);
    if (rest.starts_with('\n')) return at + 1;
    if (rest.starts_with("\r\n")) return at + 2;
  }
  return 0;
}

std::optional<Refusal> check_request_head(std::string_view head, std::size_t max_target) {
  return HeadReader(head, max_target).check();
}

}  // namespace martd::wire
