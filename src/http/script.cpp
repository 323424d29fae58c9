#include "http/script.h"

#include "assets.h"
#include "base/ascii.h"
#include "wire/entity_tags.h"

namespace martd::http {
namespace {

/// Whether gzip is named, and not with a weight of nothing (RFC 9110 section 12.5.3).
bool takes_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    std::string_view weight = next_element(accept_encoding);
    if (!iequals(next_element(weight, ';'), "gzip")) continue;
    const auto q = weight.find("q=");
    return q == weight.npos || weight.substr(q + 2).find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

int serve(const assets::Asset& asset, const wire::Request& request, const wire::AnswerContext& context, bool may_gzip,
          Time now, std::string& out) {
  std::string headers = "ETag: ";
  headers += asset.etag;
  headers += "\r\nCache-Control: no-cache\r\nVary: Accept-Encoding\r\nX-Content-Type-Options: nosniff\r\n";
  wire::Answer answer;
  answer.content_type = asset.content_type;
  answer.no_store = false;
  std::string joined;
  const bool gzip = may_gzip && !asset.gzip.empty() && takes_gzip(request.list("Accept-Encoding", joined));
  if (wire::names_tag(request.list("If-None-Match", joined), asset.etag)) {
    answer.status = 304;
    answer.no_body = true;
  } else if (gzip) {
    headers += "Content-Encoding: gzip\r\n";
  }
  answer.headers = headers;
  wire::append_answer(out, answer, gzip ? asset.gzip : asset.bytes, context, now);
  return answer.status;
}

}  // namespace

int serve_script(const wire::Request& request, const wire::AnswerContext& context, Time now, std::string& out) {
  const bool module =
      request.query == "module" || request.query.starts_with("module&") || request.query.starts_with("module=");
  return serve(module ? assets::client_module_js() : assets::client_js(), request, context, true, now, out);
}

int serve_page(const wire::Request& request, const wire::AnswerContext& context, Time now, std::string& out) {
  // It is small, and a page that is compressed over TLS makes every scanner speak of BREACH.
  return serve(assets::demo_html(), request, context, false, now, out);
}

}  // namespace martd::http
