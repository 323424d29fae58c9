#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "http/counters.h"
#include "http/judgement.h"
#include "http/repeated_poll.h"
#include "http/request_reader.h"
#include "http/router.h"
#include "wire/request.h"
#include "wire/subscribe_request.h"

namespace martd::http {

class Session;
class Worker;

/// What a connection's client sent in one turn of the loop, request by request: has it read (RequestReader) and judged
/// (judge()), and has each request answered by whoever does: Responder, a redirect, or who holds the session from then
/// on. Answers are gathered in Worker::reply(). Lives for a call, on the loop.
class RequestTurn {
 public:
  /// `reader` and `repeated_poll` are the session's; `situation` is what it is for this turn.
  RequestTurn(Session& session, Worker& worker, RequestReader& reader, RepeatedPoll& repeated_poll,
              const Situation& situation)
      : session_(session), worker_(worker), reader_(reader), repeated_poll_(repeated_poll), situation_(situation) {}

  /// What waits, and `came` behind it, as long as the session may serve a next request. Returns what isn't read, for
  /// RequestReader::end_turn(). The session may be held, ended or closed when this returns.
  std::string_view serve(std::string_view came);

 private:
  bool read_head();
  bool read_body();
  bool begin(std::string_view bytes);
  bool await_body(const wire::RequestHead& head, std::string_view bytes, Route route);
  bool answer(const wire::Request& request, Route route);
  bool answer_again();
  void redirect(const wire::Request& request);
  void forward(const wire::RequestHead& head);
  void follow(const wire::SubscribeRequest& wanted);
  void refuse_by_head(const wire::RequestHead& head, std::string_view bytes, const HeadRefusal& refusal,
                      std::string_view cors = {});

  const Settings& settings() const { return situation_.settings; }
  Counters& counters() const;
  std::string& reply() const;
  Time now() const;
  std::string cors_of(const wire::RequestHead& head) const;

  Session& session_;
  Worker& worker_;
  RequestReader& reader_;
  RepeatedPoll& repeated_poll_;
  const Situation& situation_;
  RequestReader::Unread unread_;
};

}  // namespace martd::http
