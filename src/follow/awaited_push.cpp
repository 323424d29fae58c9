#include "follow/awaited_push.h"

#include "http/publisher.h"
#include "http/session.h"
#include "http/worker.h"

namespace martd::follow {

AwaitedPush::AwaitedPush(http::Session& session, const http::AnswerContext& context)
    : session_(session), to_(session.worker().await(*this)), close_(context.close), http_1_0_(context.http_1_0) {
  if (!context.cors.empty()) cors_ = std::make_unique<std::string>(context.cors);
}

AwaitedPush::~AwaitedPush() {
  // Once it is settled or closed, it may outlive the worker.
  if (holding()) session_.worker().forget(to_.ticket);
}

void AwaitedPush::hung_up(Time) {
  holding_ = false;
  session_.worker().forget(to_.ticket);
}

void AwaitedPush::settled(std::uint64_t, const push::PushAnswer& answer, Time now) {
  if (!holding()) return;
  holding_ = false;
  http::AnswerContext context;
  context.close = close_ || session_.worker().stopping();
  context.http_1_0 = http_1_0_;
  if (cors_) context.cors = *cors_;
  std::string reply;
  if (http::append_push_answer(reply, answer, context, now) >= 400) session_.worker().counters().refusals.add();
  if (session_.put(reply) == http::Session::Sent::gone) return session_.broken();
  session_.answered(context.close);
}

}  // namespace martd::follow
