#include "wire/store_line.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <utility>

#include "base/base64.h"
#include "base/json_writer.h"
#include "base/utf8.h"

namespace martd::wire {

namespace json = boost::json;
using push::Etag;

namespace {

// --- writing ---

void append_bytes(std::string& out, std::string_view bytes) {
  if (is_utf8(bytes)) return append_json_string(out, bytes);
  out += "{\"base64\":\"";
  append_base64(out, bytes);
  out += "\"}";
}

void add_some(JsonObject& json, std::string_view name, std::string_view bytes) {
  if (!bytes.empty()) append_bytes(json.value(name), bytes);
}

// --- reading ---

/// What is wrong with the line: thrown and caught in this file alone.
struct Wrong {
  std::string line;
};

/// The members of one object, each of which is taken once: what is left in the end is unknown.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  bool has(std::string_view name) const { return object_.contains(name); }
  const json::value& at(std::string_view name) {
    const json::value* value = object_.if_contains(name);
    if (!value) throw Wrong{std::string(name) + ": missing"};
    ++taken_;
    return *value;
  }
  std::string bytes(std::string_view name, std::size_t most) {
    const json::value& value = at(name);
    std::string text;
    if (const auto* string = value.if_string()) {
      text = std::string_view(*string);
    } else {
      const auto* object = value.if_object();
      const auto* base64 = object && object->size() == 1 ? object->if_contains("base64") : nullptr;
      if (!base64 || !base64->is_string()) wrong(name, "a string, or {\"base64\":\"…\"}");
      if (const auto why = append_base64_decoded(text, base64->get_string()))
        throw Wrong{"base64: " + std::string(*why)};
    }
    if (text.size() > most) wrong(name, "up to " + std::to_string(most) + " bytes");
    return text;
  }
  std::string some_bytes(std::string_view name, std::size_t most) {
    return has(name) ? bytes(name, most) : std::string();
  }
  std::string channel(std::string_view name) {
    std::string text = bytes(name, 255);
    if (!push::valid_channel_name(text)) wrong(name, "the name of a channel");
    return text;
  }
  static Etag etag_of(std::string_view name, const json::value& value) {
    const auto* text = value.if_string();
    const auto etag = text ? push::parse_etag(*text) : std::nullopt;
    // SQLite's numbers have a sign.
    if (!etag || push::value(*etag) > INT64_MAX) wrong(name, "an etag below 2^63, in a string");
    return *etag;
  }
  Etag etag(std::string_view name) { return etag_of(name, at(name)); }
  std::int64_t number(std::string_view name, std::int64_t least, std::int64_t most) {
    const json::value& value = at(name);
    boost::system::error_code error;
    const auto number = value.is_number() ? value.to_number<std::int64_t>(error) : 0;
    if (!value.is_number() || error || number < least || number > most)
      wrong(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return number;
  }
  bool truth(std::string_view name) {
    const json::value& value = at(name);
    if (!value.is_bool()) wrong(name, "true or false");
    return value.get_bool();
  }
  void end() const {
    if (taken_ != object_.size()) throw Wrong{"a member that isn't known, or not here"};
  }
  [[noreturn]] static void wrong(std::string_view name, const std::string& taken) {
    throw Wrong{std::string(name) + ": not right (taken: " + taken + ")"};
  }

 private:
  const json::object& object_;
  std::size_t taken_ = 0;
};

push::Channel::Life life(Etag origin, Etag last, Etag lost) {
  if (origin > last) throw Wrong{"origin: above the last etag"};
  if (lost > last) throw Wrong{"lost: above the last etag"};
  return {origin, last, lost};
}

Etag lost(Members& members, Etag last) { return members.has("lost") ? members.etag("lost") : last; }

GroundLine ground(Members& members) {
  if (members.number("store", 1, INT64_MAX) > 2) throw Wrong{"store: of a newer martd (taken: 1, 2)"};
  return {members.etag("doubt"), members.etag("ceiling")};
}

ForgottenLine forgotten(Members& members) {
  std::string name = members.channel("forgotten");
  const Etag origin = members.etag("origin");
  const Etag last = members.etag("last");
  return {std::move(name), life(origin, last, lost(members, last))};
}

constexpr std::int64_t kMostLife = push::Attributes::kMostLife.count();

ChannelLine channel(Members& members) {
  ChannelLine line{members.channel("channel"), {}};
  push::ChannelRecord& record = line.record;
  record.origin = members.etag("origin");
  record.newest = members.etag("newest");
  record.lost = life(record.origin, record.newest, lost(members, record.newest)).lost;
  record.floor = record.origin;
  record.attributes.size = static_cast<std::uint32_t>(members.number("size", 1, UINT32_MAX));
  record.attributes.life = Duration(members.number("life", 1, kMostLife));
  record.attributes.one2one = members.truth("one2one");
  record.attributes.key = members.some_bytes("key", 256);
  record.doubt = members.etag("doubt");
  if (members.has("before")) {
    const auto* pair = members.at("before").if_array();
    if (!pair || pair->size() < 2 || pair->size() > 3) Members::wrong("before", "two or three etags");
    record.before = life(Members::etag_of("before", (*pair)[0]), Members::etag_of("before", (*pair)[1]),
                         Members::etag_of("before", pair->back()));
    if (record.before->last > record.origin) throw Wrong{"before: not before the origin"};
  }
  return line;
}

MessageLine message(Members& members) {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  auto* content = new push::Content;
  MessageLine line{{{}, {}, push::ContentPtr(content)}};
  line.message.etag = members.etag("etag");
  line.message.published = Time(Duration(members.number("published", 0, INT64_MAX)));
  content->payload = members.bytes("payload", kMost);
  content->content_type = members.some_bytes("type", 65536);
  content->event = members.some_bytes("event", 65536);
  content->id = members.some_bytes("id", 128);
  if (members.has("expire")) content->expire = Duration(members.number("expire", 1, kMostLife));
  if (content->event.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    Members::wrong("event", "no CR, LF, NUL");
  return line;
}

StoreLine read(Members& members) {
  if (members.has("store")) return ground(members);
  if (members.has("forgotten")) return forgotten(members);
  if (members.has("channel")) return channel(members);
  return message(members);
}

}  // namespace

void append_line(std::string& out, const GroundLine& line) {
  JsonObject(out)
      .number("store", 2)
      .string("doubt", to_string(line.doubt))
      .string("ceiling", to_string(line.ceiling))
      .end_line();
}

void append_forgotten_line(std::string& out, std::string_view name, push::Channel::Life life) {
  JsonObject(out)
      .string("forgotten", name)
      .string("origin", to_string(life.origin))
      .string("last", to_string(life.last))
      .string("lost", to_string(life.lost))
      .end_line();
}

void append_channel_line(std::string& out, std::string_view name, const push::ChannelRecord& record) {
  JsonObject json(out);
  json.string("channel", name)
      .string("origin", to_string(record.origin))
      .string("newest", to_string(record.newest))
      .number("size", record.attributes.size)
      .number("life", record.attributes.life.count())
      .boolean("one2one", record.attributes.one2one);
  add_some(json, "key", record.attributes.key);
  json.string("doubt", to_string(record.doubt)).string("lost", to_string(record.lost));
  if (const auto& before = record.before)
    JsonArray(json.value("before"))
        .string(to_string(before->origin))
        .string(to_string(before->last))
        .string(to_string(before->lost))
        .end();
  json.end_line();
}

void append_store_message_line(std::string& out, const push::Message& message) {
  const push::Content& content = *message.content;
  JsonObject json(out);
  json.string("etag", to_string(message.etag)).number("published", message.published.time_since_epoch().count());
  append_bytes(json.value("payload"), content.payload);
  add_some(json, "type", content.content_type);
  add_some(json, "event", content.event);
  add_some(json, "id", content.id);
  if (content.expire) json.number("expire", content.expire->count());
  json.end_line();
}

std::variant<StoreLine, std::string> parse_store_line(std::string_view line) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), error);
  const auto* object = error ? nullptr : value.if_object();
  if (!object) return std::string("not a JSON object");
  try {
    Members members(*object);
    StoreLine read_line = read(members);
    members.end();
    return read_line;
  } catch (const Wrong& wrong) {
    return wrong.line;
  }
}

}  // namespace martd::wire
