// An answer that came before the request's body was whole, and what the client still sends of that.

#include "forward/forwarding.h"

namespace martd::forward {

/// The site has answered, and the client may still be sending. What comes then must not be taken for its next request:
/// either all of it is read away, which has its bounds, or the client is told that the connection ends.
void Forwarding::judge_rest() {
  if (!body_.done() && (chunked_body_ || body_.left() > kMostRest || awaits_continue_)) close_ = true;
}

/// The client has its answer, and sends the rest of its body before it asks again.
void Forwarding::drain() {
  record();
  stage_ = Stage::draining;
  page_.reset();
  let_go();
  body_due_ = now() + kRestTime;
  arm();
  outlet_.read_on();
}

/// The site has answered without this.
std::string_view Forwarding::discard_rest(std::string_view bytes) {
  if (body_.done()) return bytes;
  while (!bytes.empty() && !body_.done()) body_.next(bytes);
  // What follows it is the outlet's first, and then the next request.
  if (body_.done()) outlet_.call_later();
  return bytes;
}

}  // namespace martd::forward
