#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access/asker.h"
#include "base/refusal.h"
#include "http/router.h"
#include "http/settings.h"
#include "wire/answer.h"
#include "wire/request.h"

namespace martd::push {
class Hub;
}

namespace martd::http {

/// How things stand with the connection that a request came on, and with the server.
struct Situation {
  const Settings& settings;
  bool surplus = false;   ///< the connection is over --max-connections
  bool stopping = false;  ///< the server is
  bool operates = false;  ///< an operator asks, who may push past keys
  bool secure = false;    ///< it came by https

  /// Further requests are served.
  bool serves() const { return !surplus && !stopping; }
};

/// Why a request is refused, with the lines that go with that.
struct HeadRefusal : Refusal {
  std::string headers;  ///< further header lines of the answer, each with CR LF
};

/// What a request's head decides: who asks, and whether it is refused whatever its query and its body are. A value; for
/// requests that are answered here.
struct Judgement {
  access::Asker asker;
  std::optional<HeadRefusal> refusal;

  /// The header lines with which a page of another origin may read the answer, whatever that is; or nothing.
  std::string_view cors() const { return asker.cross ? std::string_view(asker.cors) : std::string_view(); }
};

/// 404, 405, 503, and what refuse_head() says. `request` needs no body yet.
Judgement judge(const wire::Request& request, Route route, const Situation& situation);

/// Likewise of a request whose body is still to come, and what its query says against it, and who may push: 400, 403.
/// It is judged again when the body is there, as things may have changed.
Judgement judge_before_body(const wire::Request& request, Route route, const Situation& situation, push::Hub& hub,
                            Time now);

/// 503, where it doesn't serve; a client may be told so in another way, as a stream ends by its own words.
HeadRefusal refused_service(const Situation& situation);

/// How a request wants to be answered, but for Judgement::cors(). Views into the settings, for this turn of the loop.
inline wire::AnswerContext context_of(const wire::RequestHead& head, const Situation& situation) {
  wire::AnswerContext context;
  context.http_1_0 = head.http_1_0;
  context.close = !head.keep_alive || !situation.serves();
  context.head = head.method == "HEAD";
  if (situation.secure) context.hsts = situation.settings.hsts;
  return context;
}

/// Judgement::cors() of a request that nothing else is asked of.
std::string cors_of(const wire::RequestHead& head, const wire::Address& peer, const Settings& settings);

}  // namespace martd::http
