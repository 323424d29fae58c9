#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "base/json_string.h"
#include "base/time.h"

namespace martd {

// For JSON that is written now and then: answers to operators, reports, dumps, lines of a log. What is written for each
// message (push answers, streams, long-polls) has lines of its own in wire, which are measured.
//
// Each writes at the end of a string that must outlive it, members in the order in which they are added, and allocates
// nothing but the string's room. What is open is closed by end() alone: a destructor would write into a string that was
// returned already. While one is open inside another, only the inner one is written to.

/// `[…]`.
class JsonArray {
 public:
  explicit JsonArray(std::string& out) : out_(out) { out_ += '['; }
  JsonArray(const JsonArray&) = delete;
  JsonArray& operator=(const JsonArray&) = delete;

  JsonArray& string(std::string_view text);
  template <std::integral Number>
  JsonArray& number(Number number);
  JsonArray& seconds(Duration duration, int decimals = 3);
  /// What is appended to the string that it returns, one value of JSON, is the next element.
  std::string& value();
  void end() { out_ += ']'; }

 private:
  std::string& out_;
  bool empty_ = true;
};

/// `{…}`. Names and strings must be UTF-8, and are escaped as append_json_string() does it.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  JsonObject& string(std::string_view name, std::string_view text);
  template <std::integral Number>
  JsonObject& number(std::string_view name, Number number);
  JsonObject& boolean(std::string_view name, bool truth);
  JsonObject& null(std::string_view name);
  /// A duration as all our JSON has it: a number of seconds, rounded to so many decimals.
  JsonObject& seconds(std::string_view name, Duration duration, int decimals = 3);
  /// `append(out, item)` appends what stands for one of `items`, one value of JSON each.
  template <class Items, class Append>
  JsonObject& array(std::string_view name, const Items& items, Append append);
  /// What is appended to the string that it returns, one value of JSON, is the member's.
  std::string& value(std::string_view name);
  void end() { out_ += '}'; }
  /// With a line end behind it.
  void end_line() { out_ += "}\n"; }

 private:
  std::string& out_;
  bool empty_ = true;
};

template <std::integral Number>
void append_json_number(std::string& out, Number number) {
  static_assert(!std::same_as<Number, bool>);
  char digits[20];  // enough for every 64-bit number and its sign
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

template <std::integral Number>
JsonArray& JsonArray::number(Number number) {
  append_json_number(value(), number);
  return *this;
}

template <std::integral Number>
JsonObject& JsonObject::number(std::string_view name, Number number) {
  append_json_number(value(name), number);
  return *this;
}

template <class Items, class Append>
JsonObject& JsonObject::array(std::string_view name, const Items& items, Append append) {
  JsonArray array(value(name));
  for (const auto& item : items) append(array.value(), item);
  array.end();
  return *this;
}

}  // namespace martd
