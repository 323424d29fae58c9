#pragma once

#include <string>

#include "http/request.h"
#include "http/responses.h"

namespace martd::http {

/// Answers a GET or HEAD of /client.js, with validators and gzip: appends the whole answer.
void serve_script(const Request& request, const AnswerContext& context, Time now, std::string& out);

/// Likewise the page that shows the server at work.
void serve_page(const Request& request, const AnswerContext& context, Time now, std::string& out);

}  // namespace martd::http
