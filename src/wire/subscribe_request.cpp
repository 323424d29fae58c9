#include "wire/subscribe_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/nearest.h"
#include "push/attributes.h"
#include "wire/entity_tags.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

constexpr std::string_view kCursorForms = "an etag, 0 or now";

/// The names that are not channels. The three spellings of a whole cursor come last.
enum class Name : std::uint8_t { cid, transport, format, wait, cursor, last_event_id, last_event_id_snake };
constexpr std::array<std::string_view, 7> kNames{"cid",     ".transport",  ".format",      ".wait",
                                                 ".cursor", "lastEventId", "last_event_id"};
constexpr const std::string_view* kOptionsBegin = kNames.data() + 1;
constexpr const std::string_view* kOptionsEnd = kNames.data() + 5;

Refusal unknown_option(std::string_view name) {
  const std::string_view meant = nearest(name, kOptionsBegin, kOptionsEnd);
  const std::string message = "unknown option: " + shown(name);
  if (!meant.empty()) return bad_request(message + " (nearest: " + std::string(meant) + ")");
  return bad_request(message + " (taken: .transport, .format, .wait, .cursor)");
}

/// A media type's weight, in thousandths (RFC 9110, section 12.4.2). Nothing where it is none.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = text[0] == '1' ? 1000 : 0;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return std::nullopt;
  int place = 100;
  for (const char digit : text.substr(2)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    weight += (digit - '0') * place;
    place /= 10;
  }
  if (weight > 1000) return std::nullopt;
  return weight;
}

/// Takes what stands before the next `separator` that is not in a quoted string away from `rest`, and the separator.
std::string_view take_piece(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest.size(); ++at) {
    if (quoted && rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && rest[at] == separator) {
      break;
    }
  }
  at = std::min(at, rest.size());
  const std::string_view piece = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return trim(piece);
}

/// What an Accept header asks for: a stream only where it names one; of two the one of more weight, or the first.
Transport transport_of(std::string_view accept) {
  Transport best = Transport::poll;
  int best_weight = 0;
  while (!accept.empty()) {
    std::string_view range = take_piece(accept, ',');
    const std::string_view type = take_piece(range, ';');
    const bool events = iequals(type, "text/event-stream");
    if (!events && !iequals(type, "application/x-ndjson")) continue;
    int weight = 1000;
    while (!range.empty()) {
      const std::string_view parameter = take_piece(range, ';');
      // A weight that can't be read is no wish at all.
      if (parameter.size() >= 2 && iequals(parameter.substr(0, 2), "q="))
        weight = parse_weight(parameter.substr(2)).value_or(0);
    }
    if (weight > best_weight) {
      best_weight = weight;
      best = events ? Transport::event_stream : Transport::line_stream;
    }
  }
  return best;
}

/// Collects the pairs of one query and its form.
class Reader {
 public:
  Reader(const SubscribeHeaders& headers, const SubscribeLimits& limits) : headers_(headers), limits_(limits) {
    request_.wait = std::min(limits.default_wait, limits.max_wait);
  }

  std::optional<Refusal> take_all(std::string_view text);
  Result<SubscribeRequest> finish();

 private:
  std::optional<Refusal> take(std::string_view name, std::string_view value);
  std::optional<Refusal> take_channel(std::string_view name, std::string_view cursor);
  std::optional<Refusal> take_transport(std::string_view value);
  std::optional<Refusal> take_cursor(std::string_view name, std::string_view value);
  std::optional<Refusal> check_channels() const;
  /// Puts the etags of a whole cursor in the place of the wants' own. False: it is none for these channels, and the
  /// wants are of no use.
  bool put_whole(std::string_view cursor);
  /// The same, or why it is none.
  std::optional<Refusal> take_whole(std::string_view source, std::string_view cursor);
  /// If-None-Match, with the one cursor that is in it.
  std::optional<Refusal> take_tags(std::string_view tags);

  const SubscribeHeaders& headers_;
  const SubscribeLimits& limits_;
  SubscribeRequest request_;
  std::array<bool, kNames.size()> seen_{};
  std::optional<Transport> transport_;  // `.transport`
  std::string_view cursor_name_;        // how the query's whole cursor was given: one of kNames, or empty
  std::string cursor_;
};

std::optional<Refusal> Reader::take_all(std::string_view text) {
  QueryReader pairs(text);
  while (pairs.next())
    if (auto refusal = take(pairs.name(), pairs.value())) return refusal;
  return std::move(pairs.wrong());
}

std::optional<Refusal> Reader::take(std::string_view name, std::string_view value) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return name.starts_with('.') ? unknown_option(name) : take_channel(name, value);
  const auto index = static_cast<std::size_t>(found - kNames.begin());
  if (std::exchange(seen_[index], true)) return bad_request(std::string(name) + ": given twice (taken: once)");
  switch (static_cast<Name>(index)) {
    case Name::cid:
      request_.cid = value;
      return std::nullopt;
    case Name::transport:
      return take_transport(value);
    case Name::format:
      if (value != "json" && value != "text") return not_taken(name, "a format", value, "text or json");
      request_.json = value == "json";
      return std::nullopt;
    case Name::wait: {
      const auto wait = read_duration(name, value, Duration::zero(), limits_.max_wait);
      if (!wait) return wait.error();
      request_.wait = *wait;
      return std::nullopt;
    }
    case Name::last_event_id:
    case Name::last_event_id_snake:
      // Polyfills send it empty when they have none yet.
      if (value.empty()) return std::nullopt;
      return take_cursor(*found, value);
    case Name::cursor:
      return take_cursor(*found, value);
  }
  return std::nullopt;
}

std::optional<Refusal> Reader::take_channel(std::string_view name, std::string_view cursor) {
  if (auto refusal = refuse_channel_name(name)) return refusal;
  const auto parsed = push::parse_cursor(cursor);
  if (!parsed) return not_taken(name, "a cursor", cursor, kCursorForms);
  if (request_.wants.size() == limits_.max_channels)
    return bad_request("channels: too many (taken: at most " + std::to_string(limits_.max_channels) + ")");
  request_.wants.push_back({std::string(name), *parsed});
  return std::nullopt;
}

std::optional<Refusal> Reader::take_transport(std::string_view value) {
  if (value == "poll") {
    transport_ = Transport::poll;
  } else if (value == "sse") {
    transport_ = Transport::event_stream;
  } else if (value == "lines") {
    transport_ = Transport::line_stream;
  } else {
    return not_taken(".transport", "a transport", value, "poll, sse or lines");
  }
  return std::nullopt;
}

std::optional<Refusal> Reader::take_cursor(std::string_view name, std::string_view value) {
  if (!cursor_name_.empty())
    return bad_request(std::string(name) + ": a second cursor beside " + std::string(cursor_name_) +
                       " (taken: one of them)");
  cursor_name_ = name;
  cursor_ = value;
  return std::nullopt;
}

std::optional<Refusal> Reader::check_channels() const {
  if (request_.wants.empty() && request_.transport != Transport::poll)
    return bad_request("no channel: a stream follows at least one (taken: CHANNEL=ETAG)");
  if (request_.wants.size() < 2) return std::nullopt;
  std::vector<std::string_view> sorted;
  sorted.reserve(request_.wants.size());
  for (const auto& want : request_.wants) sorted.push_back(want.channel);
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice == sorted.end()) return std::nullopt;
  return bad_request(shown(*twice) + ": the channel is given twice (taken: once)");
}

std::size_t count_of(std::string_view cursor) {
  return static_cast<std::size_t>(std::count(cursor.begin(), cursor.end(), '.')) + 1;
}

bool Reader::put_whole(std::string_view cursor) {
  if (count_of(cursor) != request_.wants.size()) return false;
  for (auto& want : request_.wants) {
    const std::string_view part = cursor.substr(0, cursor.find('.'));
    cursor.remove_prefix(std::min(part.size() + 1, cursor.size()));
    const auto parsed = push::parse_cursor(part);
    if (!parsed) return false;
    want.cursor = *parsed;
  }
  return true;
}

std::optional<Refusal> Reader::take_whole(std::string_view source, std::string_view cursor) {
  if (put_whole(cursor) || (cursor.empty() && request_.wants.empty())) return std::nullopt;
  const std::size_t count = count_of(cursor);
  const std::size_t wanted = request_.wants.size();
  if (count != wanted && !cursor.empty())
    return bad_request(std::string(source) + ": wrong number of etags in " + shown(cursor) + ": " +
                       std::to_string(count) + " (taken: one for each channel, " + std::to_string(wanted) +
                       ", joined by .)");
  return not_taken(source, "a cursor", cursor, "for each channel an etag, 0 or now, joined by .");
}

std::optional<Refusal> Reader::take_tags(std::string_view tags) {
  // As nearly always: one tag, as it was given. The tag of an answer without channels is empty.
  const std::string_view only = opaque_of(tags);
  if (only.empty() || put_whole(only)) {
    request_.if_none_match = true;
    return std::nullopt;
  }
  // A list has one cursor in it; other tags are of other things. What none is, the first tag is told to be.
  std::string_view first;
  std::string_view cursor;
  for (std::string_view tag; !(tag = next_entity_tag(tags)).empty();) {
    const std::string_view opaque = without_coding(opaque_of(tag));
    if (!request_.if_none_match) first = opaque;
    request_.if_none_match = true;
    if (opaque.empty() || opaque == cursor || !put_whole(opaque)) continue;
    if (!cursor.empty()) return bad_request("If-None-Match: several cursors (taken: one)");
    cursor = opaque;
  }
  if (!request_.if_none_match) return std::nullopt;
  return take_whole("If-None-Match", cursor.empty() ? first : cursor);
}

Result<SubscribeRequest> Reader::finish() {
  request_.transport = transport_            ? *transport_
                       : headers_.web_socket ? Transport::web_socket
                                             : transport_of(headers_.accept);
  if (auto refusal = check_channels()) return std::move(*refusal);
  // From the lowest rank to the highest: each outranks those before it, but all must be well-formed.
  if (!cursor_name_.empty()) {
    if (auto refusal = take_whole(cursor_name_, cursor_)) return std::move(*refusal);
  }
  const bool poll = request_.transport == Transport::poll;
  const std::string_view tags = poll ? trim(headers_.if_none_match) : std::string_view();
  if (!tags.empty()) {
    if (auto refusal = take_tags(tags)) return std::move(*refusal);
  }
  const std::string_view last_event_id = trim(headers_.last_event_id);
  if (!last_event_id.empty()) {
    if (auto refusal = take_whole("Last-Event-ID", last_event_id)) return std::move(*refusal);
  }
  return std::move(request_);
}

}  // namespace

Result<SubscribeRequest> parse_subscribe_request(std::string_view query, std::string_view form,
                                                 const SubscribeHeaders& headers, const SubscribeLimits& limits) {
  Reader reader(headers, limits);
  if (auto refusal = reader.take_all(query)) return std::move(*refusal);
  if (auto refusal = reader.take_all(form)) return std::move(*refusal);
  return reader.finish();
}

std::optional<Refusal> check_subscribe_query(std::string_view query, const SubscribeLimits& limits) {
  const SubscribeHeaders none;
  return Reader(none, limits).take_all(query);
}

void append_cursor(std::string& out, const push::Etag* begin, const push::Etag* end) {
  for (const push::Etag* etag = begin; etag != end; ++etag) {
    if (etag != begin) out += '.';
    push::append(out, *etag);
  }
}

}  // namespace martd::wire
