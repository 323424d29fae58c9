#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martd::test {

namespace json = boost::json;

using Headers = std::vector<std::pair<std::string, std::string>>;

/// An HTTP answer as a client sees it.
struct Answer {
  std::string version;  ///< `HTTP/1.1`
  int status = 0;
  std::string reason;
  Headers headers;  ///< in their order
  std::string body;

  bool has(std::string_view name) const;
  /// The value of the first header of that name, or nothing in it.
  std::string header(std::string_view name) const;
  /// All of that name, joined by `, `.
  std::string all(std::string_view name) const;

  /// The body, which must be JSON.
  json::value parsed() const;
  json::object object() const { return parsed().as_object(); }
  /// The text of `{"error": …}`; throws where the body is anything else.
  std::string error() const;
};

/// The string that `object` has there; throws where it has none.
std::string text_at(const json::object& object, std::string_view name);
inline std::string text_at(const json::value& value, std::string_view name) { return text_at(value.as_object(), name); }

/// Reads one answer from bytes as they come: bodies by length, in chunks, or up to the end of the connection.
class AnswerParser {
 public:
  /// `of_head`: the request's method was HEAD, so there is no body whatever the headers say.
  explicit AnswerParser(bool of_head = false) : of_head_(of_head) {}

  /// Takes from the front of `bytes` what belongs to this answer. Throws at what is not HTTP.
  void feed(std::string& bytes);
  /// The connection ended. Throws where the answer was not to end here.
  void end();

  bool has_head() const { return state_ != State::head; }
  bool done() const { return state_ == State::done; }
  bool ends_with_connection() const { return state_ == State::to_end; }

  const Answer& answer() const { return answer_; }
  /// The bytes of the body that came since the last call.
  std::string take_body() { return std::exchange(answer_.body, {}); }

 private:
  enum class State { head, by_length, chunk_size, chunk, chunk_end, trailers, to_end, done };

  void read_head(std::string_view head);
  bool step(std::string& bytes);

  bool of_head_;
  State state_ = State::head;
  std::size_t left_ = 0;
  Answer answer_;
};

}  // namespace martd::test
