#include "wire/query.h"

#include <array>
#include <cstdint>

#include "base/percent.h"
#include "base/units.h"
#include "base/utf8.h"
#include "push/attributes.h"

namespace martd::wire {
namespace {

constexpr std::size_t kShown = 64;

enum class Kind : std::uint8_t { plain, ends, equals, encoded };
constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  kinds['&'] = Kind::ends;
  kinds['='] = Kind::equals;
  kinds['%'] = kinds['+'] = Kind::encoded;
  return kinds;
}();

}  // namespace

bool QueryReader::next() {
  while (!rest_.empty()) {
    // One look at each byte; nearly always nothing is encoded.
    const char* const begin = rest_.data();
    const char* const end = begin + rest_.size();
    const char* at = begin;
    const char* equals = nullptr;
    bool encoded = false;
    for (; at != end; ++at) {
      const Kind kind = kKinds[static_cast<unsigned char>(*at)];
      if (kind == Kind::plain) continue;
      if (kind == Kind::ends) break;
      if (kind == Kind::encoded) encoded = true;
      if (kind == Kind::equals && !equals) equals = at;
    }
    rest_ = at == end ? std::string_view() : std::string_view(at + 1, end);
    if (at == begin) continue;
    name_ = {begin, equals ? equals : at};
    value_ = equals ? std::string_view(equals + 1, at) : std::string_view();
    return !encoded || decode();
  }
  return false;
}

bool QueryReader::decode() {
  auto name = decode_form(name_);
  if (!name) {
    wrong_ = bad_request("malformed percent-encoding in a name: " + shown(name_) + " (taken: % and two hex digits)");
    return false;
  }
  auto value = decode_form(value_);
  if (!value) {
    wrong_ = bad_request(shown(*name) + ": malformed percent-encoding (taken: % and two hex digits)");
    return false;
  }
  decoded_name_ = *std::move(name);
  decoded_value_ = *std::move(value);
  name_ = decoded_name_;
  value_ = decoded_value_;
  return true;
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

std::optional<Refusal> refuse_channel_name(std::string_view name) {
  if (!push::valid_channel_name(name))
    return not_taken("channel", "a channel name", name,
                     "1 to 255 bytes of UTF-8 without control characters, not beginning with . or martd., not cid, "
                     "lastEventId or last_event_id");
  const std::string_view meant = push::misspelt_name(name);
  if (meant.empty()) return std::nullopt;
  std::string message = shown(name) + ": not a channel name, as ";
  if (meant == "_")
    return bad_request(message + "libraries send it to get by caches (taken: none of it, leave it out)");
  message.append("it is another spelling of ").append(meant);
  return bad_request(message.append(" (taken: ").append(meant).append(")"));
}

Result<Duration> read_duration(std::string_view name, std::string_view text, Duration least, Duration most) {
  const std::string range = (least == Duration::zero() ? "0" : format_duration(least)) + " to " + format_duration(most);
  const auto duration = parse_duration(text);
  if (!duration) return not_taken(name, "a duration", text, std::string(kDurationForms) + "; " + range);
  if (*duration < least || *duration > most) return out_of_range(name, text, range);
  return *duration;
}

}  // namespace martd::wire
