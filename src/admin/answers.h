#pragma once

#include <httplib.h>

#include <string>
#include <string_view>

namespace martd::admin {

/// `{"error":"…"}`.
std::string error_json(std::string_view message);
void answer_error(httplib::Response& response, int status, std::string_view message);
void answer_json(httplib::Response& response, const std::string& json);
void answer_stopping(httplib::Response& response);
/// 303: the browser asks for `place`.
void go_to(httplib::Response& response, const char* place);

}  // namespace martd::admin
