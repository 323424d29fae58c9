#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/refusal.h"
#include "base/time.h"
#include "push/cursor.h"

namespace martd::wire {

enum class Transport : std::uint8_t { poll, event_stream, line_stream, web_socket };

struct SubscribeLimits {
  std::size_t max_channels = 1000;
  Duration max_wait = std::chrono::seconds{300};
  Duration default_wait = std::chrono::seconds{25};  ///< lowered to max_wait
};

/// The headers that matter to /sub, all lines of a list as one; empty where the request has none. Not owned.
struct SubscribeHeaders {
  std::string_view accept;
  std::string_view last_event_id;
  std::string_view if_none_match;
  bool web_socket = false;  ///< a well-formed `Upgrade: websocket`
};

struct SubscribeRequest {
  struct Want {
    std::string channel;
    push::Cursor cursor;
  };
  boost::container::small_vector<Want, 1> wants;  ///< in the order of the query; no channel twice
  std::string cid;                                ///< or empty
  Transport transport = Transport::poll;
  bool json = false;           ///< `.format=json`
  Duration wait{};             ///< long-poll: as asked, or the default
  bool if_none_match = false;  ///< a long-poll that brought a non-empty If-None-Match
};

/// Reads the query of /sub and, for a POST, its form body, which continues the query. Contract section 5:
/// `channel=cursor` pairs, `cid`, `lastEventId`/`last_event_id`, `.option`s (`.transport`, `.format`, `.wait`,
/// `.cursor`). A whole cursor in a header outranks `.cursor=`, which (like its polyfill spellings) outranks the etags
/// of the query; it is the etags joined by
/// `.` in the order of the channels. An If-None-Match is a list with one of them in it, with or without what a front
/// put behind the tag (wire/entity_tags). Options that have no meaning for the transport are taken and ignored. 400
/// with the parameter's name for what is malformed, twice, too many or unknown.
Result<SubscribeRequest> parse_subscribe_request(std::string_view query, std::string_view form,
                                                 const SubscribeHeaders& headers, const SubscribeLimits& limits);

/// Of a POST, whose form is still to come: what is wrong with `query` whatever the form has.
std::optional<Refusal> check_subscribe_query(std::string_view query, const SubscribeLimits& limits);

/// The etags joined by `.`, in order: the cursor that the subscriber is given.
void append_cursor(std::string& out, const push::Etag* begin, const push::Etag* end);

}  // namespace martd::wire
