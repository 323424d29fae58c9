#include "admin/answers.h"

#include "base/json_writer.h"

namespace martd::admin {

std::string error_json(std::string_view message) {
  std::string body;
  JsonObject(body).string("error", message).end_line();
  return body;
}

void answer_error(httplib::Response& response, int status, std::string_view message) {
  response.status = status;
  response.set_content(error_json(message), "application/json");
}

void answer_json(httplib::Response& response, const std::string& json) {
  response.set_content(json, "application/json");
}

void answer_stopping(httplib::Response& response) { answer_error(response, 503, "the server is stopping"); }

void go_to(httplib::Response& response, const char* place) {
  response.status = 303;
  response.set_header("Location", place);
}

std::vector<std::string> lines_of(const httplib::Request& request, const char* name) {
  std::vector<std::string> lines;
  for (std::size_t line = 0; line < request.get_header_value_count(name); ++line)
    lines.push_back(request.get_header_value(name, line));
  return lines;
}

std::string cookies_of(const httplib::Request& request) {
  std::string all;
  for (const std::string& line : lines_of(request, "Cookie")) all.append(all.empty() ? "" : "; ").append(line);
  return all;
}

}  // namespace martd::admin
