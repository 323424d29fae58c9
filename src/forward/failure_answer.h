#pragma once

#include <string>
#include <string_view>

#include "client/failure.h"
#include "wire/request_head.h"

namespace martd::forward {

/// What a client is told that gets no answer of the site's. A value.
struct FailureAnswer {
  int status;
  std::string_view content_type;  ///< of static lifetime
  std::string headers;            ///< more header lines, each with CR LF; Proxy-Status (RFC 9209) among them
  std::string body;
};

/// By the table of client/failure.h. `page`: in HTML, looking by itself whether the site is back where that is of use;
/// else JSON.
FailureAnswer failure_answer(client::Failure failure, bool page);

/// A browser that would show what comes, and not a script of a page or another program.
bool shows_page(const wire::RequestHead& head);

}  // namespace martd::forward
