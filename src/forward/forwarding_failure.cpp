// Requests that get no answer of the site's: what the client is told instead.

#include <string>

#include "assets.h"
#include "forward/forwarding.h"

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

void Forwarding::on_failure(client::Failure failure, std::string_view why) {
  let_go();
  gate_.note_failure(failure, why);
  if (stage_ != Stage::asking) return broken();
  fail(failure);
}

/// Nothing of an answer was sent.
void Forwarding::fail(client::Failure failure) {
  const client::FailureRow& row = client::row(failure);
  std::string headers = headers_of(row);
  if (!body_.done()) close_ = true;
  if (!wants_page_) return refuse(row.status, row.sentence, headers);
  headers += "Content-Security-Policy: default-src 'none'; ";
  headers += assets::away_html().inline_sources;
  headers += " connect-src 'self'; base-uri 'none'; form-action 'none'\r\n";
  wire::Answer answer;
  answer.content_type = "text/html; charset=utf-8";
  answer.headers = headers;
  give_up(row.status, answer, page_of(row));
}

void Forwarding::refuse(int status, std::string_view message, std::string_view headers) {
  wire::Answer answer;
  answer.headers = headers;
  give_up(status, answer, wire::error_body(message));
}

/// An answer of ours in place of the site's.
void Forwarding::give_up(int status, wire::Answer& answer, std::string_view body) {
  flush();  // what the site said in between
  answer.status = status_ = status;
  outlet_.answer(answer, body, now(), close_);
  done();
}

}  // namespace martd::forward
