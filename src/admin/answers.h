#pragma once

#include <httplib.h>

#include <string>
#include <string_view>
#include <vector>

namespace martd::admin {

/// `{"error":"…"}`.
std::string error_json(std::string_view message);
void answer_error(httplib::Response& response, int status, std::string_view message);
void answer_json(httplib::Response& response, const std::string& json);
void answer_stopping(httplib::Response& response);
/// 303: the browser asks for `place`.
void go_to(httplib::Response& response, const char* place);

/// The values of all lines of that name, in their order.
std::vector<std::string> lines_of(const httplib::Request& request, const char* name);
/// All Cookie lines as one (RFC 9113 section 8.2.3: what came by HTTP/2 may have one for each pair).
std::string cookies_of(const httplib::Request& request);

}  // namespace martd::admin
