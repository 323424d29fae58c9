#include "wire/publish_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "wire/entity_tags.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

constexpr Duration kLeastLife = std::chrono::milliseconds{1};
constexpr std::size_t kLongestKey = 256;
constexpr std::size_t kLongestId = 128;

enum class Name : std::uint8_t { channel, size, life, one2one, key, expire, event, id };
constexpr std::array<std::string_view, 8> kNames{"channel", "size", "life", "one2one", "key", "expire", "event", "id"};

/// Collects the parameters of one query.
class Reader {
 public:
  explicit Reader(const PublishLimits& limits) : limits_(limits) {
    request_.attributes.size = std::min(request_.attributes.size, limits.max_size);
    request_.attributes.life = std::min(request_.attributes.life, limits.max_life);
  }

  std::optional<Refusal> take(std::string_view given, std::string_view value);
  Result<PublishRequest> finish();

 private:
  std::optional<Refusal> take_channel(std::string_view value);
  std::optional<Refusal> take_size(std::string_view value);
  std::optional<Refusal> take_one2one(std::string_view value);
  std::optional<Refusal> take_key(std::string_view value);
  std::optional<Refusal> take_event(std::string_view value);
  std::optional<Refusal> take_id(std::string_view value);

  const PublishLimits& limits_;
  PublishRequest request_;
  enum class Seen : std::uint8_t { not_yet, plain, dotted };
  std::array<Seen, kNames.size()> seen_{};
};

Refusal unknown(std::string_view name) {
  // `.sise` means `size` as well as `sise` does.
  const std::string_view plain = name.starts_with('.') ? name.substr(1) : name;
  const std::string_view meant = nearest(plain, kNames.data(), kNames.data() + kNames.size());
  std::string message = "unknown parameter: " + shown(name);
  if (!meant.empty()) return bad_request(message.append(" (nearest: ").append(meant).append(")"));
  message += " (taken:";
  for (const std::string_view known : kNames) message.append(known == kNames[0] ? " " : ", ").append(known);
  return bad_request(message + ")");
}

std::optional<Refusal> Reader::take(std::string_view given, std::string_view value) {
  const bool dotted = given.starts_with('.');
  const std::string_view plain = given.substr(dotted ? 1 : 0);
  const auto* const found = std::find(kNames.begin(), kNames.end(), plain);
  if (found == kNames.end()) return unknown(given);
  const auto index = static_cast<std::size_t>(found - kNames.begin());
  const auto name = static_cast<Name>(index);
  if (name == Name::channel) {
    if (dotted) return unknown(given);
    return take_channel(value);
  }
  const Seen spelled = dotted ? Seen::dotted : Seen::plain;
  if (seen_[index] == spelled) return bad_request(std::string(given) + ": given twice (taken: once)");
  if (seen_[index] != Seen::not_yet) {
    const std::string other = (dotted ? "" : ".") + std::string(plain);
    return bad_request(std::string(plain) + ": given both as " + other + " and as " + std::string(given) +
                       " (taken: one of them)");
  }
  seen_[index] = spelled;
  if (value.empty()) return std::nullopt;
  switch (name) {
    case Name::size:
      return take_size(value);
    case Name::life: {
      const auto life = read_duration(plain, value, kLeastLife, limits_.max_life);
      if (!life) return life.error();
      request_.attributes.life = *life;
      return std::nullopt;
    }
    case Name::expire: {
      const auto expire = read_duration(plain, value, kLeastLife, limits_.max_life);
      if (!expire) return expire.error();
      request_.expire = *expire;
      return std::nullopt;
    }
    case Name::one2one:
      return take_one2one(value);
    case Name::key:
      return take_key(value);
    case Name::event:
      return take_event(value);
    case Name::id:
      return take_id(value);
    case Name::channel:
      break;
  }
  return std::nullopt;
}

std::optional<Refusal> Reader::take_channel(std::string_view value) {
  if (auto refusal = refuse_channel_name(value)) return refusal;
  if (request_.channels.size() == limits_.max_channels)
    return bad_request("channel: too many (taken: at most " + std::to_string(limits_.max_channels) + ")");
  request_.channels.emplace_back(value);
  return std::nullopt;
}

std::optional<Refusal> Reader::take_size(std::string_view value) {
  const std::string range = "1 to " + std::to_string(limits_.max_size);
  if (value.find_first_not_of("0123456789") != std::string_view::npos)
    return not_taken("size", "a whole number", value, range);
  std::uint32_t size = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  static_cast<void>(end);  // digits only: all of it was read, or it didn't fit
  if (error != std::errc{} || size < 1 || size > limits_.max_size) return out_of_range("size", value, range);
  request_.attributes.size = size;
  return std::nullopt;
}

std::optional<Refusal> Reader::take_one2one(std::string_view value) {
  if (value == "true" || value == "1") {
    request_.attributes.one2one = true;
  } else if (value != "false" && value != "0") {
    return not_taken("one2one", "a truth value", value, "true, false, 1 or 0");
  }
  return std::nullopt;
}

std::optional<Refusal> Reader::take_key(std::string_view value) {
  if (value.size() > kLongestKey)
    return bad_request("key: " + std::to_string(value.size()) + " bytes is too long (taken: 1 to 256 bytes)");
  request_.attributes.key = value;
  return std::nullopt;
}

std::optional<Refusal> Reader::take_event(std::string_view value) {
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos || value.starts_with("martd.") ||
      !is_utf8(value))
    return not_taken("event", "an event name", value, "UTF-8 without CR, LF and NUL, not beginning with martd.");
  // A page's EventSource gives these to its own handlers, which then take a message for a broken or a new connection.
  if (value == "error" || value == "open")
    return bad_request("event: " + std::string(value) +
                       " is what a browser tells a page of the connection itself (taken: another name)");
  request_.event = value;
  return std::nullopt;
}

std::optional<Refusal> Reader::take_id(std::string_view value) {
  if (value.size() > kLongestId)
    return bad_request("id: " + std::to_string(value.size()) + " bytes is too long (taken: 1 to 128 bytes)");
  if (!is_utf8(value) || has_control(value))
    return not_taken("id", "a message id", value, "1 to 128 bytes of UTF-8 without control characters");
  request_.id = value;
  return std::nullopt;
}

Result<PublishRequest> Reader::finish() {
  if (request_.channels.empty()) return bad_request("channel: none given (taken: channel=NAME, once or more)");
  if (request_.channels.size() > 1) {
    std::vector<std::string_view> sorted(request_.channels.begin(), request_.channels.end());
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) return bad_request("channel: " + shown(*twice) + " is given twice (taken: once each)");
  }
  return std::move(request_);
}

/// `strong`: a weak tag is like no other (RFC 9110 section 8.8.3.2).
Result<push::NamedEtags> parse_tags(std::string_view name, std::string_view list, bool strong) {
  push::NamedEtags named;
  if (trim(list) == "*") {
    named.any = true;
    return named;
  }
  for (std::string_view tag; !(tag = next_entity_tag(list)).empty();) {
    const auto etag = push::parse_etag(without_coding(opaque_of(tag)));
    if (!is_entity_tag(tag) && !etag)
      return not_taken(name, "an entity tag", tag, "\"<etag>\", a list of them, or * alone");
    if (etag && !(strong && is_weak(tag))) named.etags.push_back(*etag);
  }
  return named;
}

}  // namespace

Result<PublishRequest> parse_publish_request(std::string_view query, const PublishLimits& limits) {
  Reader reader(limits);
  QueryReader pairs(query);
  while (pairs.next())
    if (auto refusal = reader.take(pairs.name(), pairs.value())) return std::move(*refusal);
  if (pairs.wrong()) return *std::move(pairs.wrong());
  return reader.finish();
}

Result<std::unique_ptr<push::PushConditions>> parse_conditions(std::string_view if_match,
                                                               std::string_view if_none_match, std::size_t channels) {
  std::unique_ptr<push::PushConditions> conditions;
  for (const bool strong : {true, false}) {
    const std::string_view list = strong ? if_match : if_none_match;
    const std::string_view name = strong ? "If-Match" : "If-None-Match";
    if (list.empty()) continue;
    auto named = parse_tags(name, list, strong);
    if (!named) return std::move(named).error();
    if (channels != 1 && (strong || !named->any))
      return bad_request(std::string(name) + ": for one channel only" + (strong ? "" : " (taken: * for several)"));
    if (!conditions) conditions = std::make_unique<push::PushConditions>();
    (strong ? conditions->match : conditions->none_match) = *std::move(named);
  }
  return conditions;
}

}  // namespace martd::wire
