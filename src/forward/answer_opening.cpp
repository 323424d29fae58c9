#include "forward/answer_opening.h"

#include "base/ascii.h"
#include "wire/proxy_headers.h"

namespace martd::forward {
namespace {

void append_status(std::string& out, const wire::AnswerHead& head) {
  out += "HTTP/1.1 ";
  out += std::to_string(head.status);
  out += ' ';
  out += head.reason;
  out += "\r\n";
}

std::string_view version_of(const wire::AnswerHead& head) { return head.http_1_0 ? "1.0" : "1.1"; }

}  // namespace

AnswerOpening open_answer(const wire::AnswerHead& head, std::span<const wire::Field> lines, bool sized,
                          const follow::Outlet::Manner& manner, std::string_view hsts) {
  AnswerOpening opening;
  opening.close = manner.close;
  if (!head.no_body && !sized && (!manner.head || head.chunked)) {
    opening.framing = manner.http_1_0 ? Framing::until_close : Framing::chunked;
    if (manner.http_1_0 && !manner.head) opening.close = true;
  }
  std::size_t size = head.reason.size() + hsts.size() + 96;  // what is mostly added
  for (const wire::Field& line : lines) size += line.name.size() + line.value.size() + 4;
  opening.text.reserve(size);
  append_status(opening.text, head);
  const std::string_view connection = opening.close ? "close" : manner.http_1_0 ? "keep-alive" : "";
  // Also where nothing was asked for: a cache that keeps the page is to know for whom. What a 304 says is put in place
  // of what the cache has.
  const bool revalidates = head.status == 304 && head.field("Content-Type").empty() && !head.field("Vary").empty();
  wire::append_response_headers(lines, {head.status, version_of(head), connection, is_html(head) || revalidates},
                                opening.text);
  if (head.field("Strict-Transport-Security").empty()) opening.text += hsts;
  if (opening.framing == Framing::chunked) opening.text += "Transfer-Encoding: chunked\r\n";
  return opening;
}

void append_interim(std::string& out, const wire::AnswerHead& head) {
  append_status(out, head);
  wire::append_response_headers(head.fields, {head.status, version_of(head), {}}, out);
  out += "\r\n";
}

bool is_html(const wire::AnswerHead& head) {
  const std::string_view type = head.field("Content-Type");
  return iequals(trim(type.substr(0, type.find(';'))), "text/html");
}

bool is_event_stream(const wire::AnswerHead& head) {
  constexpr std::string_view kEventStream = "text/event-stream";
  return iequals(head.field("Content-Type").substr(0, kEventStream.size()), kEventStream);
}

}  // namespace martd::forward
