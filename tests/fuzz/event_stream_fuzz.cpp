#include <boost/json.hpp>

#include "base/utf8.h"
#include "fuzz.h"
#include "support/event_stream_parser.h"
#include "support/utf8_decoder.h"
#include "wire/event_stream.h"

using namespace martd;
using fuzz::hold;

namespace {

std::string with_line_feeds(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r') {
      out += '\n';
      if (at + 1 < text.size() && text[at + 1] == '\n') ++at;
    } else {
      out += text[at];
    }
  }
  return out;
}

push::Message message(std::string_view payload) {
  auto* const content = new push::Content;
  content->payload = payload;
  return {push::Etag{7}, Time{}, push::ContentPtr(content)};
}

}  // namespace

/// The first line is an event's name, the rest a payload: what an EventSource makes of the stream that we write.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view payload = fuzz::text(data, size);
  std::string name;
  append_utf8_lossy(name, fuzz::take(payload));
  std::erase_if(name, [](char c) { return c == '\r' || c == '\0'; });

  std::string stream(wire::kEventStreamOpening);
  wire::append_id(stream, "1");
  wire::append_event_rest(stream, name, payload);
  stream += wire::kEventStreamHeartbeat;
  wire::append_id(stream, "2");
  wire::append_json_event_rest(stream, name, message(payload));
  wire::append_missed_event(stream, "3", name, push::Missed::of(5));
  wire::append_closed_event(stream, "stopping", name);
  const std::string other = name + "b";
  const wire::Position places[] = {{name, push::Etag{4}}, {other, push::Etag{5}}};
  wire::append_sub_event(stream, places);

  test::EventStreamParser parser;
  parser.feed(stream);
  hold(parser.retry == 2000 && parser.comments == 1, "the opening and the heartbeat");
  hold(parser.events.size() == 5, "each event is one event");
  hold(parser.events[0].type == (name.empty() ? "message" : name), "the event's name");
  hold(parser.events[0].id == "1", "its id");
  hold(parser.events[0].data == with_line_feeds(test::whatwg_utf8_decoded(payload)), "its data");

  hold(parser.events[1].type == "message" && parser.events[1].id == "2", "the event of .format=json");
  const auto object = boost::json::parse(parser.events[1].data).as_object();
  hold(object.at("channel").as_string() == name, "its channel");
  if (!object.contains("base64")) hold(object.at("payload").as_string() == payload, "its payload, exactly");

  hold(parser.events[2].type == "martd.missed" && parser.events[2].id == "3", "the loss");
  hold(boost::json::parse(parser.events[2].data).as_object().at("missed").as_int64() == 5, "its count");
  hold(parser.events[3].type == "martd.closed" && parser.events[3].id == "3", "the end, which has no id of its own");
  hold(parser.events[4].type == "martd.sub" && parser.events[4].id == "4.5", "the beginning");
  const auto places_read = boost::json::parse(parser.events[4].data).as_object();
  hold(places_read.begin()->key() == name && places_read.begin()->value() == "4", "where it is");
  return 0;
}
