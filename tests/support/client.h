#pragma once

#include <string>
#include <utility>

#include "support/answer.h"
#include "support/connection.h"
#include "support/http_client.h"

namespace martd::test {

/// What a long-poll that is not held (`.wait=0`) says of one channel.
struct Look {
  std::string text;    ///< `a b`, `[missed 2] c`, `[missed]`, or empty: nothing new
  std::string cursor;  ///< where the subscriber is then
};

/// A publisher and subscriber in the words of the contract. Channel names are given plain, queries as they go out.
/// Thread-safe. What does not answer as it should throws.
class Client {
 public:
  explicit Client(Endpoint to) : endpoint_(std::move(to)) {}

  const Endpoint& endpoint() const { return endpoint_; }

  Answer send(const Request& request) const { return test::send(endpoint_, request); }
  Answer get(const std::string& target, const Headers& headers = {}) const { return send({"GET", target, headers}); }

  /// POST /pub?`query`.
  Answer push(const std::string& query, const std::string& body = {}, const Headers& headers = {}) const;
  /// Publishes and returns the etag. `attributes` as in the query: `size=3&life=1s`.
  std::string publish(const std::string& channel, const std::string& payload, const std::string& attributes = {}) const;
  /// The empty body: only the attributes.
  std::string set(const std::string& channel, const std::string& attributes) const {
    return publish(channel, "", attributes);
  }

  /// GET /pub.
  Answer inspection(const std::string& channel, const std::string& more = {}) const;
  json::object inspect(const std::string& channel, const std::string& more = {}) const;
  std::string newest(const std::string& channel) const;
  /// DELETE /pub.
  Answer clear(const std::string& channel, const std::string& more = {}) const;

  /// GET /sub?`query` as a long-poll.
  Answer poll(const std::string& query, const Headers& headers = {}) const { return get("/sub?" + query, headers); }
  Look look(const std::string& channel, const std::string& cursor) const;
  /// The texts of look().
  std::string told(const std::string& channel, const std::string& cursor) const { return look(channel, cursor).text; }
  /// Everything that is kept.
  std::string kept(const std::string& channel) const { return told(channel, "0"); }

  void await_subscribers(const std::string& channel, int count) const;
  void await_messages(const std::string& channel, int count) const;
  void await_forgotten(const std::string& channel) const;

 protected:
  Client() = default;
  Endpoint endpoint_;
};

/// As Look::text, of one channel in a poll's answer.
std::string told_in(const Answer& answer, const std::string& channel);

/// The cursor in the answer's ETag, without its quotes; throws where it is not quoted and strong.
std::string cursor_in(const Answer& answer);

}  // namespace martd::test
