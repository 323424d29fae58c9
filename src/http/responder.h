#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/asker.h"
#include "follow/holder.h"
#include "follow/outlet.h"
#include "http/router.h"
#include "http/settings.h"
#include "wire/answer.h"
#include "wire/request.h"
#include "wire/subscribe_request.h"

namespace martd::push {
class Hub;
}

namespace martd::http {

/// What becomes of a request: one of these.
struct Response {
  int status = 0;                                ///< of the answer, which was appended as a whole; 0: it comes later
  std::unique_ptr<follow::Holder> holder;        ///< who holds it until then
  std::optional<wire::SubscribeRequest> wanted;  ///< it follows channels, and this is what it wants of them
};

/// Answers one request for a path of ours: /pub, /sub, the script, our page, and OPTIONS of each. Lives for a call, on
/// the loop.
class Responder {
 public:
  /// Answers go to the end of `out`. Whoever holds a request answers by `outlet`, which owns it.
  Responder(follow::Outlet& outlet, push::Hub& hub, const Settings& settings, std::string& out)
      : outlet_(outlet), hub_(hub), settings_(settings), out_(out) {}

  /// `request` is whole, of a method that its `route` takes, and nothing in its head is against it (judge()).
  Response respond(const wire::Request& request, Route route, const access::Asker& asker,
                   const wire::AnswerContext& context, Time now) const;

 private:
  int options(const wire::Request& request, Route route, const access::Asker& asker, const wire::AnswerContext& context,
              Time now) const;
  Response publish(const wire::Request& request, const access::Asker& asker, const wire::AnswerContext& context,
                   Time now) const;
  Response subscribe(const wire::Request& request, const wire::AnswerContext& context, Time now) const;
  int page(const wire::Request& request, const wire::AnswerContext& context, Time now) const;

  follow::Outlet& outlet_;
  push::Hub& hub_;
  const Settings& settings_;
  std::string& out_;
};

}  // namespace martd::http
