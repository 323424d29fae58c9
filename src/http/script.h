#pragma once

#include <string>

#include "wire/answer.h"
#include "wire/request.h"

namespace martd::http {

/// Answers a GET or HEAD of /client.js, with validators and gzip: appends the whole answer. Returns its status.
int serve_script(const wire::Request& request, const wire::AnswerContext& context, Time now, std::string& out);

/// Likewise the page that shows the server at work.
int serve_page(const wire::Request& request, const wire::AnswerContext& context, Time now, std::string& out);

}  // namespace martd::http
