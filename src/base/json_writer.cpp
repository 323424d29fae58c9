#include "base/json_writer.h"

#include <algorithm>
#include <utility>

namespace martd {
namespace {

void append_seconds(std::string& out, Duration duration, int decimals) {
  char digits[32];  // 64 bits of nanoseconds are ten digits of seconds and a sign; at most nine decimals
  out.append(digits, std::to_chars(digits, digits + sizeof digits, std::chrono::duration<double>(duration).count(),
                                   std::chars_format::fixed, std::min(decimals, 9))
                         .ptr);
}

}  // namespace

std::string& JsonArray::value() {
  if (!std::exchange(empty_, false)) out_ += ',';
  return out_;
}

JsonArray& JsonArray::string(std::string_view text) {
  append_json_string(value(), text);
  return *this;
}

JsonArray& JsonArray::seconds(Duration duration, int decimals) {
  append_seconds(value(), duration, decimals);
  return *this;
}

std::string& JsonObject::value(std::string_view name) {
  if (!std::exchange(empty_, false)) out_ += ',';
  append_json_string(out_, name);
  return out_ += ':';
}

JsonObject& JsonObject::string(std::string_view name, std::string_view text) {
  append_json_string(value(name), text);
  return *this;
}

JsonObject& JsonObject::boolean(std::string_view name, bool truth) {
  value(name) += truth ? "true" : "false";
  return *this;
}

JsonObject& JsonObject::null(std::string_view name) {
  value(name) += "null";
  return *this;
}

JsonObject& JsonObject::seconds(std::string_view name, Duration duration, int decimals) {
  append_seconds(value(name), duration, decimals);
  return *this;
}

}  // namespace martd
