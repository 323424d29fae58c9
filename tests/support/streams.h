#pragma once

#include <optional>
#include <string>

#include "support/answer.h"
#include "support/connection.h"
#include "support/event_stream_parser.h"

namespace martd::test {

/// A body that comes bit by bit on a connection of its own: what event streams and line streams share.
class HeldStream {
 public:
  /// Asks and reads the head. Throws where the status is not 200.
  HeldStream(const Endpoint& to, const std::string& target, const Headers& headers, const ConnectOptions& options);

  const Answer& head() const { return parser_.answer(); }
  /// All of the body so far.
  const std::string& body() const { return body_; }
  Connection& connection() { return connection_; }

 protected:
  /// Awaits more of the body; false at its end.
  bool more(std::string& into);

 private:
  Connection connection_;
  AnswerParser parser_;
  std::string bytes_;
  std::string body_;
};

class EventStream : public HeldStream {
 public:
  /// Returns once `retry: 2000` came: the subscription stands. `query` is what follows `/sub?`, or a
  /// whole target with its slash.
  EventStream(const Endpoint& to, const std::string& query, const Headers& headers = {},
              const ConnectOptions& options = {});

  /// The next event. Throws at the end of the stream.
  Event next();
  /// The next event, or none at the end of the stream.
  std::optional<Event> next_or_end();
  /// Awaits the end; whether no event came before it.
  bool ends() { return !next_or_end(); }
  /// Awaits that so many comment lines came in all.
  void await_comments(int count);
  std::optional<long> retry() const { return events_.retry; }

 private:
  EventStreamParser events_;
};

class LineStream : public HeldStream {
 public:
  LineStream(const Endpoint& to, const std::string& query, const Headers& headers = {},
             const ConnectOptions& options = {});

  /// The next line but heartbeats. Throws at the end of the stream, or where it is not a JSON object.
  json::object next();
  std::optional<json::object> next_or_end();
  bool ends() { return !next_or_end(); }
  void await_heartbeats(int count);

 private:
  std::optional<json::object> line();

  std::string rest_;
  int heartbeats_ = 0;
};

/// A long-poll on a connection of its own, asked and not yet answered.
class HeldPoll {
 public:
  HeldPoll(const Endpoint& to, const std::string& query, const Headers& headers = {});

  Answer answer() { return connection_.read_answer(); }
  bool answered() { return connection_.readable(); }
  Connection& connection() { return connection_; }

 private:
  Connection connection_;
};

}  // namespace martd::test
