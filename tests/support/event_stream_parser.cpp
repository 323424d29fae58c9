#include "support/event_stream_parser.h"

#include <ostream>
#include <utility>

namespace martd::test {

std::ostream& operator<<(std::ostream& out, const Event& event) {
  return out << "{" << event.type << " " << event.id << ": " << event.data.substr(0, 200) << "}";
}

void EventStreamParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes[0] == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    auto end = bytes.find_first_of("\r\n");
    line_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return;
    after_cr_ = bytes[end] == '\r';
    line(line_);
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void EventStreamParser::line(std::string_view line) {
  if (std::exchange(first_line_, false) && line.substr(0, 3) == "\xEF\xBB\xBF") line.remove_prefix(3);
  if (line.empty()) return dispatch();
  if (line[0] == ':') {
    ++comments;
    return;
  }
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return field(line, "");
  std::string_view value = line.substr(colon + 1);
  if (!value.empty() && value[0] == ' ') value.remove_prefix(1);
  field(line.substr(0, colon), value);
}

void EventStreamParser::field(std::string_view name, std::string_view value) {
  if (name == "event") {
    type_ = value;
  } else if (name == "data") {
    data_.append(value) += '\n';
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    if (!value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos) {
      retry = std::stol(std::string(value));
    }
  }
}

void EventStreamParser::dispatch() {
  last_id_ = id_;
  if (!data_.empty()) {
    data_.pop_back();
    events.push_back({type_.empty() ? "message" : type_, data_, last_id_});
  }
  data_.clear();
  type_.clear();
}

}  // namespace martd::test
