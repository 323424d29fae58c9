#include "wire/head_reader.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/words.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

constexpr std::size_t kMostFields = 1000;

/// What a byte may be part of.
constexpr std::array<std::uint8_t, 256> kParts = [] {
  std::array<std::uint8_t, 256> parts{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
    parts[static_cast<unsigned char>(c)] |= HeadReader::kToken;
  for (std::size_t byte = 0x20; byte < 256; ++byte) {
    if (byte == 0x7F) continue;
    parts[byte] |= HeadReader::kValue;
    if (byte > 0x20) parts[byte] |= HeadReader::kTarget;
  }
  parts['\t'] |= HeadReader::kValue;
  return parts;
}();

// Pointers in registers rather than a member that is written back at each byte: a head is read with every request.

/// Behind what is of that part.
const char* past(const char* at, const char* end, HeadReader::Part part) {
  while (at != end && (kParts[static_cast<unsigned char>(*at)] & part) != 0) ++at;
  return at;
}

/// The same, eight bytes at a time; `least` is the first byte of the part beside the tab.
const char* past_run(const char* at, const char* end, HeadReader::Part part, unsigned char least) {
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load_word(at);
    if (const std::uint64_t found = any_below(word, least) | any_equal(word, 0x7F)) {
      at += first_of(found);
      break;
    }
  }
  return past(at, end, part);
}

bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

/// The lengths of the names that note_field() knows: they tell them from nearly all others.
constexpr std::uint32_t kNotedLengths = 1U << 4 | 1U << 10 | 1U << 14 | 1U << 17;

std::optional<std::uint64_t> read_length(std::string_view text) {
  std::int64_t length = 0;
  if (text.empty() || text[0] == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return static_cast<std::uint64_t>(length);
}

std::optional<Refusal> note(std::optional<std::string_view>& field, std::string_view value, std::string_view name) {
  if (field) return bad_request(std::string(name) + ": sent twice");
  field = value;
  return std::nullopt;
}

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

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty())
    if (iequals(next_element(list), token)) return true;
  return false;
}

bool HeadReader::is(char byte, Part part) { return (kParts[static_cast<unsigned char>(byte)] & part) != 0; }

inline std::size_t HeadReader::line_end_at(const char* at) const {
  if (end_ - at >= 2 && at[0] == '\r' && at[1] == '\n') return 2;
  return lenient_ && at != end_ && *at == '\n' ? 1 : 0;
}

inline const char* HeadReader::past_value(const char* at) const {
  at = past_run(at, end_, kValue, 0x20);
  if (lenient_)
    while (at != end_ && *at != '\r' && *at != '\n' && *at != '\0') at = past_run(at + 1, end_, kValue, 0x20);
  return at;
}

std::string_view HeadReader::take(Part part) {
  const char* const begin = std::exchange(at_, past(at_, end_, part));
  return {begin, at_};
}

std::string_view HeadReader::take_target() {
  const char* const begin = std::exchange(at_, past_run(at_, end_, kTarget, 0x21));
  return {begin, at_};
}

std::string_view HeadReader::take_value() {
  const char* const begin = std::exchange(at_, past_value(at_));
  return {begin, at_};
}

bool HeadReader::take_byte(char byte) {
  if (at_ == end_ || *at_ != byte) return false;
  ++at_;
  return true;
}

bool HeadReader::take_version() {
  const std::string_view version = rest().substr(0, 8);
  if (version.size() < 8 || !version.starts_with("HTTP/1.") || version[7] < '0' || version[7] > '9') return false;
  version_1_1_ = version.back() != '0';
  at_ += version.size();
  return true;
}

std::optional<Refusal> HeadReader::take_line_end() {
  if (const std::size_t size = line_end_at(at_)) {
    at_ += size;
    return std::nullopt;
  }
  if (at_ == end_) return bad_request("the head is not whole");
  if (*at_ == '\n') return bad_request("bare LF in the head");
  if (*at_ == '\r') return bad_request("bare CR in the head");
  return bad_request("a byte in the head that can't be there");
}

Refusal HeadReader::wrong_name(const char* name_end) const {
  const auto blank_at = [this](const char* at) { return at != end_ && is_blank(*at); };
  if (blank_at(at_)) return bad_request("folded header line");
  const std::string_view name(at_, name_end);
  if (blank_at(name_end)) return bad_request("space before the colon of header " + shown(name));
  if (name_end == end_ || *name_end != ':') return bad_request("malformed header name " + shown(name));
  return bad_request("header without a name");
}

std::optional<Refusal> HeadReader::note_field(const Field& field) {
  const auto& [name, value] = field;
  switch (name.size()) {
    case 4:
      return iequals(name, "Host") ? note(host_, value, "Host") : std::nullopt;
    case 10:
      if (iequals(name, "Connection")) {
        close_ |= has_token(value, "close");
        keep_alive_ |= has_token(value, "keep-alive");
        upgrade_ |= has_token(value, "upgrade");
      }
      return std::nullopt;
    case 14:
      if (!iequals(name, "Content-Length")) return std::nullopt;
      if (lengths_ < 2) ++lengths_;
      if (no_body_) content_length_.reset();
      return note(content_length_, value, "Content-Length");
    case 17:
      if (!iequals(name, "Transfer-Encoding")) return std::nullopt;
      if (no_body_) transfer_encoding_.reset();
      return note(transfer_encoding_, value, "Transfer-Encoding");
    default:
      return std::nullopt;
  }
}

std::optional<Refusal> HeadReader::read_fields(Fields& fields) {
  fields.clear();
  std::size_t line_end = 0;
  while ((line_end = line_end_at(at_)) == 0) {
    if (fields.size() == kMostFields)
      return Refusal{431, "more than " + std::to_string(kMostFields) + " header fields"};
    const char* const name_end = past(at_, end_, kToken);
    const char* colon = name_end;
    if (lenient_)
      while (colon != end_ && is_blank(*colon)) ++colon;
    if (name_end == at_ || colon == end_ || *colon != ':') return wrong_name(name_end);
    const std::string_view name(at_, name_end);
    at_ = past_value(colon + 1);
    if ((line_end = line_end_at(at_)) == 0) return take_line_end();
    const Field& field = fields.push_back({name, trim({colon + 1, at_})});
    at_ += line_end;
    if (name.size() < 32 && (kNotedLengths >> name.size() & 1) != 0)
      if (auto refusal = note_field(field)) return refusal;
  }
  if (at_ + line_end != end_) return bad_request("bytes after the end of the head");
  return check_framing();
}

std::optional<Refusal> HeadReader::check_framing() {
  if (content_length_) length_ = read_length(*content_length_);
  if (no_body_) return std::nullopt;
  if (transfer_encoding_) {
    if (!version_1_1_) return bad_request("Transfer-Encoding in HTTP/1.0");
    if (content_length_) return bad_request("both Content-Length and Transfer-Encoding");
    if (!iequals(*transfer_encoding_, "chunked")) return bad_request("Transfer-Encoding: not taken (taken: chunked)");
  }
  if (content_length_ && !length_)
    return bad_request("Content-Length: not a number of bytes: " + shown(*content_length_));
  return std::nullopt;
}

}  // namespace martd::wire
