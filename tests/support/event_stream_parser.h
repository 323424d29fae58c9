#pragma once

#include <deque>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace martd::test {

/// What an EventSource gives to its page.
struct Event {
  std::string type;  ///< `message` where the stream names none
  std::string data;
  std::string id;  ///< the last event id after it

  bool operator==(const Event&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Event& event);

/// Reads an event stream as the WHATWG HTML standard says it (9.2.6), from bytes as they come. Written apart from the
/// server, from the standard. The bytes are not decoded: a test looks at them itself.
class EventStreamParser {
 public:
  void feed(std::string_view bytes);

  /// The events that were dispatched and not yet taken.
  std::deque<Event> events;
  /// The last `retry:` that was a number.
  std::optional<long> retry;
  /// Lines that began with a colon.
  int comments = 0;

 private:
  void line(std::string_view line);
  void field(std::string_view name, std::string_view value);
  void dispatch();

  std::string line_;
  bool after_cr_ = false;
  bool first_line_ = true;
  std::string data_, type_, id_, last_id_;
};

}  // namespace martd::test
