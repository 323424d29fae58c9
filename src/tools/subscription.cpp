#include "tools/subscription.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/base64.h"
#include "base/percent.h"
#include "push/ending.h"
#include "push/etag.h"

namespace martd::tools {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// Longer than the longest message of a server (1 GiB) in base64 would be.
constexpr std::size_t kLongestLine = std::size_t{3} << 29;

const json::object* object_in(const json::value& value) { return value.if_object(); }

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool is_etag(std::string_view text) { return push::parse_etag(text).has_value(); }

bool ends_for_good(std::string_view reason) {
  for (std::size_t i = 0; i < push::kEndings; ++i) {
    const push::EndingRow& row = push::row(static_cast<push::Ending>(i));
    if (row.name == reason) return row.comes_back == push::Return::never || row.comes_back == push::Return::on_change;
  }
  return false;
}

}  // namespace

Subscription::Subscription(std::vector<std::string> channels, std::vector<std::string> cursors, std::string cid)
    : cid_(std::move(cid)) {
  for (std::size_t i = 0; i < channels.size(); ++i)
    followed_.push_back({std::move(channels[i]), std::move(cursors[i])});
}

bool Subscription::settled() const {
  return std::none_of(followed_.begin(), followed_.end(), [](const Followed& f) { return f.cursor == "now"; });
}

bool Subscription::settle(std::string_view body) {
  json::error_code error;
  const json::value value = json::parse({body.data(), body.size()}, error);
  const json::object* object = error ? nullptr : object_in(value);
  const json::value* channels = object == nullptr ? nullptr : object->if_contains("channels");
  if (channels == nullptr || !channels->is_object()) return false;
  for (Followed& followed : followed_) {
    if (followed.cursor != "now") continue;
    const json::value* channel = channels->get_object().if_contains(followed.channel);
    const std::string etag = channel != nullptr && channel->is_object() ? text_of(channel->get_object(), "etag") : "";
    if (!is_etag(etag)) return false;
    followed.cursor = etag;
  }
  return true;
}

std::string Subscription::query() const {
  std::string out;
  for (const auto& [channel, cursor] : followed_) out += encode_component(channel) + '=' + cursor + '&';
  return out + "cid=" + encode_component(cid_);
}

Subscription::Followed* Subscription::find(std::string_view channel) {
  for (Followed& followed : followed_) {
    if (followed.channel == channel) return &followed;
  }
  return nullptr;
}

Line Subscription::read(std::string_view line) {
  json::error_code error;
  const json::value value = json::parse({line.data(), line.size()}, error);
  const json::object* object = error ? nullptr : object_in(value);
  if (object == nullptr) return BrokenLine{};
  if (object->contains("heartbeat")) return HeartbeatLine{};
  if (const json::value* places = object->if_contains("sub"); places != nullptr && places->is_object()) {
    for (const auto& [name, etag] : places->get_object()) {
      Followed* followed = find(std::string_view(name.data(), name.size()));
      if (followed == nullptr || !etag.is_string() || !is_etag(std::string(etag.get_string()))) return BrokenLine{};
      followed->cursor = etag.get_string();
    }
    return SubLine{};
  }
  std::string channel = text_of(*object, "channel");
  if (object->contains("closed")) {
    std::string reason = text_of(*object, "closed");
    const bool for_good = ends_for_good(reason);
    return ClosedLine{std::move(reason), std::move(channel), for_good};
  }
  const json::value* missed = object->if_contains("missed");
  const json::value* payload = object->if_contains("payload");
  if (missed == nullptr && payload == nullptr) return OtherLine{};

  Followed* followed = find(channel);
  std::string etag = text_of(*object, "etag");
  if (followed == nullptr || !is_etag(etag)) return BrokenLine{};
  if (missed != nullptr) {
    followed->cursor = std::move(etag);
    error.clear();
    const auto count = missed->to_number<std::uint64_t>(error);
    return MissedLine{std::move(channel), error ? std::nullopt : std::optional(count)};
  }
  if (!payload->is_string()) return BrokenLine{};
  std::string bytes;
  if (!object->contains("base64")) {
    bytes = payload->get_string();
  } else if (append_base64_decoded(bytes, payload->get_string())) {
    return BrokenLine{};
  }
  followed->cursor = etag;
  return MessageLine{std::move(channel), std::move(bytes), std::move(etag), text_of(*object, "event"),
                     text_of(*object, "type")};
}

std::optional<std::vector<std::string>> parse_since(std::string_view text, std::size_t channels) {
  if (text == "0" || text == "now") return std::vector<std::string>(channels, std::string(text));
  std::vector<std::string> cursors;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    if (!is_etag(text.substr(begin, end - begin))) return std::nullopt;
    cursors.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (cursors.size() != channels) return std::nullopt;
  return cursors;
}

bool LineCutter::add(std::string_view bytes) {
  bytes_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  bytes_ += bytes;
  return bytes_.size() <= kLongestLine;
}

std::optional<std::string_view> LineCutter::next() {
  const std::size_t end = bytes_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = bytes_.size();
    return std::nullopt;
  }
  const std::string_view line(bytes_.data() + begin_, end - begin_);
  begin_ = searched_ = end + 1;
  return line;
}

Duration Backoff::next(double random, std::optional<Duration> asked) {
  constexpr int kMostDoublings = 6;
  const Duration whole = std::min<Duration>(250ms * (1 << std::min(failures_, kMostDoublings)), 10s);
  failures_ = std::min(failures_ + 1, kMostDoublings);
  const auto spread = [&](Duration least, Duration most) {
    return least + Duration(static_cast<Duration::rep>(random * static_cast<double>((most - least).count())));
  };
  const Duration delay = spread(whole / 2, whole);
  if (!asked) return delay;
  // No longer than a minute, whatever is asked.
  const Duration least = std::min<Duration>(*asked, 60s);
  return std::max(delay, spread(least, least + least / 4));
}

Duration Patience::limit() const { return std::clamp<Duration>(3 * longest_, 3s, 6min); }

void Patience::heartbeat(Duration silence) {
  longest_ = heard_ ? std::max(longest_, silence) : silence;
  heard_ = true;
}

void Patience::given_up() {
  longest_ = std::min<Duration>(2 * longest_, 2min);
  heard_ = false;
}

}  // namespace martd::tools
