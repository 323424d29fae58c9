#include "http/judgement.h"

#include <utility>

#include "http/head_checks.h"
#include "http/publisher.h"
#include "wire/subscribe_request.h"

namespace martd::http {
namespace {

access::Asker asker_of(const wire::Request& request, Route route, const Situation& situation) {
  access::Asker asker;
  if (route == Route::elsewhere) return asker;
  asker = route == Route::publish ? access::asker_of(request, situation.settings.access)
                                  : access::origin_of(request, situation.settings.access);
  if (situation.operates) asker.may_push = asker.operates = true;
  return asker;
}

std::optional<HeadRefusal> refusal_of(const wire::Request& request, Route route, const Situation& situation) {
  if (route == Route::elsewhere) return HeadRefusal{{404, "nothing here: this server has no site behind it"}, {}};
  if (!takes(route, request.method())) {
    const std::string methods(allowed_methods(route));
    return HeadRefusal{{405, std::string(request.method()) + ": this path takes " + methods},
                       "Allow: " + methods + "\r\n"};
  }
  if (auto refusal = refuse_head(request.head, route)) {
    std::string headers(lines_of_refusal(refusal->status));
    return HeadRefusal{*std::move(refusal), std::move(headers)};
  }
  // A subscriber is told in the way of its transport. A page's preflight is answered, as what it is for will be told;
  // any other OPTIONS is a balancer's look, which is to know.
  const bool preflight = route == Route::publish && request.method() == "OPTIONS";
  if (situation.serves() || route == Route::subscribe || preflight) return std::nullopt;
  return refused_service(situation);
}

}  // namespace

Judgement judge(const wire::Request& request, Route route, const Situation& situation) {
  return {asker_of(request, route, situation), refusal_of(request, route, situation)};
}

Judgement judge_before_body(const wire::Request& request, Route route, const Situation& situation, push::Hub& hub,
                            Time now) {
  Judgement judgement = judge(request, route, situation);
  if (judgement.refusal) return judgement;
  std::optional<Refusal> refusal;
  if (route == Route::publish && (request.method() == "POST" || request.method() == "PUT"))
    refusal = refused_by_head(request, judgement.asker, situation.settings, hub, now);
  if (route == Route::subscribe && request.method() == "POST")
    refusal = wire::check_subscribe_query(request.query, situation.settings.subscribe);
  if (refusal) judgement.refusal = HeadRefusal{*std::move(refusal), {}};
  return judgement;
}

HeadRefusal refused_service(const Situation& situation) {
  return {{503, situation.stopping ? "the server is stopping" : "too many connections (--max-connections)"},
          "Retry-After: 2\r\n"};
}

std::string cors_of(const wire::RequestHead& head, const wire::Address& peer, const Settings& settings) {
  const wire::Request request(head, {}, peer);
  const Route route = route_of(request.path, settings.prefix, settings.has_upstream);
  if (route != Route::publish && route != Route::subscribe) return {};
  return access::origin_of(request, settings.access).cors;
}

}  // namespace martd::http
