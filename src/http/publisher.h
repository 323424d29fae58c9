#pragma once

#include <optional>
#include <string>

#include "access/asker.h"
#include "http/settings.h"
#include "wire/answer.h"
#include "wire/request.h"

namespace martd::push {
class Hub;
class Tickets;
}  // namespace martd::push

namespace martd::http {

/// Answers a GET, HEAD, POST, PUT or DELETE of /pub: appends the whole answer to `out`, and returns its status. Takes
/// the request's body as the payload. 0, and nothing appended: a ticket of `tickets` was drawn, and the answer comes
/// later.
int serve_publisher(const wire::Request& request, const access::Asker& asker, const Settings& settings, push::Hub& hub,
                    Time now, const wire::AnswerContext& context, std::string& out, push::Tickets& tickets);

/// Of a POST or PUT whose body is still to come: why it is refused whatever that is. serve_publisher() looks at all of
/// it again, as a channel may be another by then.
std::optional<Refusal> refused_by_head(const wire::Request& request, const access::Asker& asker,
                                       const Settings& settings, push::Hub& hub, Time now);

}  // namespace martd::http
