#include "support/answer.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace martd::test {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<std::string> take_line(std::string& bytes) {
  auto end = bytes.find("\r\n");
  if (end == std::string::npos) return std::nullopt;
  std::string line = bytes.substr(0, end);
  bytes.erase(0, end + 2);
  return line;
}

[[noreturn]] void malformed(const std::string& what, std::string_view bytes) {
  throw std::runtime_error("the answer is not HTTP: " + what + ": " + std::string(bytes.substr(0, 200)));
}

}  // namespace

bool Answer::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](auto& h) { return same_name(h.first, name); });
}

std::string Answer::header(std::string_view name) const {
  for (auto& [field, value] : headers) {
    if (same_name(field, name)) return value;
  }
  return {};
}

std::string Answer::all(std::string_view name) const {
  std::string joined;
  for (auto& [field, value] : headers) {
    if (!same_name(field, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

json::value Answer::parsed() const {
  json::error_code failure;
  json::value value = json::parse(body, failure);
  if (failure) throw std::runtime_error("the body of this " + std::to_string(status) + " is not JSON: " + body);
  return value;
}

std::string Answer::error() const {
  auto value = parsed();
  if (!value.is_object() || !value.as_object().contains("error") || !value.at("error").is_string()) {
    throw std::runtime_error("not {\"error\": …}: " + body);
  }
  return std::string(value.at("error").as_string());
}

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    throw std::runtime_error("no string \"" + std::string(name) + "\" in " + json::serialize(object));
  }
  return std::string(value->as_string());
}

void AnswerParser::feed(std::string& bytes) {
  while (step(bytes)) {
  }
}

void AnswerParser::end() {
  if (state_ != State::to_end && state_ != State::done) {
    throw std::runtime_error("the connection ended in the middle of an answer; status " +
                             std::to_string(answer_.status) + ", body so far: " + answer_.body.substr(0, 200));
  }
  state_ = State::done;
}

bool AnswerParser::step(std::string& bytes) {
  switch (state_) {
    case State::head: {
      auto end = bytes.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      std::string head = bytes.substr(0, end + 2);
      bytes.erase(0, end + 4);
      read_head(head);
      return true;
    }
    case State::by_length:
    case State::chunk: {
      auto part = std::min(left_, bytes.size());
      answer_.body.append(bytes, 0, part);
      bytes.erase(0, part);
      left_ -= part;
      if (left_ > 0) return false;
      state_ = state_ == State::by_length ? State::done : State::chunk_end;
      return true;
    }
    case State::chunk_size: {
      auto line = take_line(bytes);
      if (!line) return false;
      std::size_t used = 0;
      left_ = std::stoul(*line, &used, 16);
      if (used == 0) malformed("a chunk without a size", *line);
      state_ = left_ == 0 ? State::trailers : State::chunk;
      return true;
    }
    case State::chunk_end: {
      auto line = take_line(bytes);
      if (!line) return false;
      if (!line->empty()) malformed("a chunk that is longer than it says", *line);
      state_ = State::chunk_size;
      return true;
    }
    case State::trailers: {
      auto line = take_line(bytes);
      if (!line) return false;
      if (line->empty()) state_ = State::done;
      return true;
    }
    case State::to_end:
      answer_.body += std::exchange(bytes, {});
      return false;
    case State::done:
      return false;
  }
  return false;
}

void AnswerParser::read_head(std::string_view head) {
  std::string rest(head);
  std::string first = take_line(rest).value_or("");
  bool shaped = first.size() >= 12 && first.rfind("HTTP/1.", 0) == 0 && first[8] == ' ' &&
                std::all_of(first.begin() + 9, first.begin() + 12, [](unsigned char c) { return std::isdigit(c); });
  if (!shaped) malformed("its first line", first);
  answer_.version = first.substr(0, 8);
  answer_.status = std::stoi(first.substr(9, 3));
  answer_.reason = first.size() > 13 ? first.substr(13) : "";
  while (auto line = take_line(rest)) {
    auto colon = line->find(':');
    if (colon == std::string::npos || colon == 0) malformed("a header", *line);
    auto value = line->find_first_not_of(" \t", colon + 1);
    answer_.headers.emplace_back(line->substr(0, colon), value == std::string::npos ? "" : line->substr(value));
  }
  if (of_head_ || answer_.status / 100 == 1 || answer_.status == 204 || answer_.status == 304) {
    state_ = State::done;
  } else if (same_name(answer_.header("Transfer-Encoding"), "chunked")) {
    state_ = State::chunk_size;
  } else if (answer_.has("Content-Length")) {
    left_ = std::stoul(answer_.header("Content-Length"));
    state_ = left_ == 0 ? State::done : State::by_length;
  } else {
    state_ = State::to_end;
  }
}

}  // namespace martd::test
