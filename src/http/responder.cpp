#include "http/responder.h"

#include <utility>

#include "follow/awaited_push.h"
#include "http/head_checks.h"
#include "http/publisher.h"
#include "http/script.h"

namespace martd::http {
namespace {

/// Makes a holder only where the answer comes later.
class DrawnByPush final : public push::Tickets {
 public:
  explicit DrawnByPush(follow::Outlet& outlet) : outlet_(outlet) {}
  push::AnswerTo draw() override {
    awaited = std::make_unique<follow::AwaitedPush>(outlet_);
    return awaited->to();
  }

  std::unique_ptr<follow::AwaitedPush> awaited;

 private:
  follow::Outlet& outlet_;
};

}  // namespace

Response Responder::respond(const wire::Request& request, Route route, const access::Asker& asker,
                            const wire::AnswerContext& context, Time now) const {
  if (request.method() == "OPTIONS") return {options(request, route, asker, context, now), nullptr, {}};
  switch (route) {
    case Route::subscribe:
      return subscribe(request, context, now);
    case Route::publish:
      return publish(request, asker, context, now);
    case Route::script:
      return {serve_script(request, context, now, out_), nullptr, {}};
    default:
      return {page(request, context, now), nullptr, {}};
  }
}

int Responder::options(const wire::Request& request, Route route, const access::Asker& asker,
                       const wire::AnswerContext& context, Time now) const {
  if (route == Route::publish && asker.foreign) {
    wire::append_error(out_, 403, "Origin: pages of this origin may not use /pub (--origin)", context, now);
    return 403;
  }
  std::string headers = "Allow: " + std::string(allowed_methods(route)) + "\r\n";
  std::string joined;
  if (!asker.cors.empty()) headers += preflight_lines(request.list("Access-Control-Request-Headers", joined));
  wire::Answer answer;
  answer.status = 204;
  answer.no_body = true;
  answer.headers = headers;
  wire::append_answer(out_, answer, {}, context, now);
  return answer.status;
}

Response Responder::publish(const wire::Request& request, const access::Asker& asker,
                            const wire::AnswerContext& context, Time now) const {
  DrawnByPush tickets(outlet_);
  const int status = serve_publisher(request, asker, settings_, hub_, now, context, out_, tickets);
  return {status, std::move(tickets.awaited), {}};
}

Response Responder::subscribe(const wire::Request& request, const wire::AnswerContext& context, Time now) const {
  wire::SubscribeHeaders headers;
  std::string accept;
  std::string if_none_match;
  headers.accept = request.list("Accept", accept);
  headers.last_event_id = request.header("Last-Event-ID");
  headers.if_none_match = request.list("If-None-Match", if_none_match);
  headers.web_socket = request.head.fields.names("Upgrade", "websocket");
  const std::string_view form = request.method() == "POST" ? request.body : std::string_view();
  auto wanted = wire::parse_subscribe_request(request.query, form, headers, settings_.subscribe);
  if (!wanted) {
    wire::append_error(out_, wanted.error().status, wanted.error().message, context, now);
    return {wanted.error().status, nullptr, {}};
  }
  if (wanted->transport == wire::Transport::web_socket) {
    wire::append_error(out_, 501, "WebSocket isn't there yet (taken: .transport=poll, sse or lines)", context, now);
    return {501, nullptr, {}};
  }
  return {0, nullptr, *std::move(wanted)};
}

int Responder::page(const wire::Request& request, const wire::AnswerContext& context, Time now) const {
  if (request.path != "/" || settings_.prefix.empty()) return serve_page(request, context, now, out_);
  // The page looks for its script beside itself.
  const std::string location = "Location: " + settings_.prefix + "/\r\n";
  wire::Answer answer;
  answer.status = 302;
  answer.headers = location;
  wire::append_answer(out_, answer, {}, context, now);
  return answer.status;
}

}  // namespace martd::http
