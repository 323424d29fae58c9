#include "forward/failure_answer.h"

#include <utility>

#include "assets.h"
#include "wire/answer.h"

namespace martd::forward {
namespace {

/// In the page that says so: how often it looks by itself whether the site is back.
std::string_view mode_of(client::Again again) {
  switch (again) {
    case client::Again::look:
      return "look";
    case client::Again::once:
      return "once";
    case client::Again::never:
      break;
  }
  return "never";
}

void put_in(std::string& page, std::string_view mark, std::string_view text) {
  page.replace(page.find(mark), mark.size(), text);
}

std::string page_of(const client::FailureRow& row) {
  std::string page(assets::away_html().bytes);
  put_in(page, "<!-- mode -->", mode_of(row.again));
  put_in(page, "<!-- title -->", row.again == client::Again::look ? "The site isn't there" : "The site gave no page");
  put_in(page, "<!-- why -->", row.sentence);
  // For browsers that run no script.
  put_in(page, "<!-- refresh -->",
         row.again == client::Again::look ? "<meta http-equiv=\"refresh\" content=\"3\">" : "");
  return page;
}

std::string headers_of(const client::FailureRow& row) {
  std::string headers = "Proxy-Status: martd; error=";
  headers += row.error;
  headers += "\r\n";
  // A loop stays one until somebody does something about it.
  if (row.failure != client::Failure::loop) headers += "Retry-After: 2\r\n";
  return headers;
}

}  // namespace

FailureAnswer failure_answer(client::Failure failure, bool page) {
  const client::FailureRow& row = client::row(failure);
  if (!page) return {row.status, "application/json", headers_of(row), wire::error_body(row.sentence)};
  std::string headers = headers_of(row);
  headers += "Content-Security-Policy: default-src 'none'; ";
  headers += assets::away_html().inline_sources;
  headers += " connect-src 'self'; base-uri 'none'; form-action 'none'\r\n";
  return {row.status, "text/html; charset=utf-8", std::move(headers), page_of(row)};
}

bool shows_page(const wire::RequestHead& head) {
  if (head.method != "GET" && head.method != "HEAD") return false;
  bool named = false;
  head.fields.each("Accept", [&](std::string_view value) { named |= value.find("text/html") != value.npos; });
  return named;
}

}  // namespace martd::forward
