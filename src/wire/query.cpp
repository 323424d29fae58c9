#include "wire/query.h"

#include <algorithm>

#include "wire/text.h"
#include "wire/units.h"

namespace martd::wire {
namespace {

constexpr std::size_t kShown = 64;

}  // namespace

Result<QueryReader::Pair*> QueryReader::next() {
  while (!rest_.empty()) {
    // One look at each byte; nearly always nothing is encoded.
    std::size_t end = 0;
    std::size_t equals = std::string_view::npos;
    bool encoded = false;
    for (; end < rest_.size() && rest_[end] != '&'; ++end) {
      if (rest_[end] == '=') equals = std::min(equals, end);
      encoded |= rest_[end] == '%' || rest_[end] == '+';
    }
    const std::string_view piece = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (piece.empty()) continue;
    const std::string_view raw_name = piece.substr(0, equals);
    const std::string_view raw_value = piece.substr(std::min(raw_name.size() + 1, piece.size()));
    if (!encoded) {
      pair_.name = raw_name;
      pair_.value = raw_value;
      return &pair_;
    }
    auto name = decode_form(raw_name);
    if (!name)
      return bad_request("malformed percent-encoding in a name: " + shown(raw_name) + " (taken: % and two hex digits)");
    auto value = decode_form(raw_value);
    if (!value) return bad_request(shown(*name) + ": malformed percent-encoding (taken: % and two hex digits)");
    pair_.name = *std::move(name);
    pair_.value = *std::move(value);
    return &pair_;
  }
  return nullptr;
}

std::string shown(std::string_view text) {
  std::string out;
  if (text.size() <= kShown) {
    append_utf8_lossy(out, text);
    return out;
  }
  // Not in the middle of a character: back over what continues one, three bytes at most.
  std::size_t cut = kShown;
  while (cut > kShown - 3 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  append_utf8_lossy(out, text.substr(0, cut));
  return out += "…";
}

Refusal not_taken(std::string_view name, std::string_view what, std::string_view text, std::string_view taken) {
  std::string message = shown(name);
  message.append(": not ").append(what).append(": ").append(shown(text));
  return bad_request(message.append(" (taken: ").append(taken).append(")"));
}

Refusal out_of_range(std::string_view name, std::string_view text, std::string_view taken) {
  std::string message = shown(name);
  message.append(": ").append(shown(text)).append(" is out of range (taken: ");
  return bad_request(message.append(taken).append(")"));
}

Result<push::Duration> read_duration(std::string_view name, std::string_view text, push::Duration least,
                                     push::Duration most) {
  const std::string range =
      (least == push::Duration::zero() ? "0" : format_duration(least)) + " to " + format_duration(most);
  const auto duration = parse_duration(text);
  if (!duration) return not_taken(name, "a duration", text, std::string(kDurationForms) + "; " + range);
  if (*duration < least || *duration > most) return out_of_range(name, text, range);
  return *duration;
}

}  // namespace martd::wire
