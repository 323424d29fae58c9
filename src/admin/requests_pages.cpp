// The half of Requests that serves pages, and logs in and out.

#include <chrono>
#include <string>
#include <utility>

#include "admin/answers.h"
#include "admin/parameters.h"
#include "admin/requests.h"
#include "assets.h"
#include "push/attributes.h"

namespace martd::admin {
namespace {

void set_cookie(httplib::Response& response, const std::string& value, std::chrono::seconds life) {
  response.set_header("Set-Cookie", std::string(kLoginCookie) + '=' + value +
                                        "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(life.count()));
}

void answer_page(httplib::Response& response, const assets::Asset& page, std::string text) {
  response.set_header("Content-Security-Policy",
                      "default-src 'none'; " + std::string(page.inline_sources) +
                          " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
                          "frame-ancestors 'none'");
  response.set_content(text, "text/html; charset=utf-8");
}

}  // namespace

void Requests::dashboard(const httplib::Request&, httplib::Response& response, const Segments&) {
  answer_page(response, assets::dashboard_html(), std::string(assets::dashboard_html().bytes));
}

void Requests::login_page(const httplib::Request&, httplib::Response& response, const Segments&) {
  if (token().empty()) return go_to(response, "/");
  answer_page(response, assets::login_html(), std::string(assets::login_html().bytes));
}

void Requests::login(const httplib::Request& request, httplib::Response& response, const Segments&) {
  // The form's one field, read with the parser of queries.
  const auto form = Parameters::parse(request.body, {"token"});
  const std::string* given = form ? form->text("token") : nullptr;
  const auto now = gate_.with([](PublicSide& side) { return side.now(); });
  if (!now) return answer_stopping(response);
  std::string cookie;
  {
    const std::lock_guard lock(mutex_);
    if (token_.empty()) return go_to(response, "/");
    if (given && push::same_secret(*given, token_)) cookie = logins_.open(*now);
  }
  if (cookie.empty()) {
    std::string page(assets::login_html().bytes);
    constexpr std::string_view kMark = "<!-- wrong -->";
    page.replace(page.find(kMark), kMark.size(), "<p role=\"alert\">That is not the token.</p>");
    response.status = 401;
    return answer_page(response, assets::login_html(), std::move(page));
  }
  set_cookie(response, cookie, std::chrono::floor<std::chrono::seconds>(Logins::kLife));
  go_to(response, "/");
}

void Requests::logout(const httplib::Request& request, httplib::Response& response, const Segments&) {
  const std::string cookies = cookies_of(request);
  {
    const std::lock_guard lock(mutex_);
    logins_.close(cookie_in(cookies, kLoginCookie));
  }
  set_cookie(response, "", {});
  go_to(response, "/login");
}

}  // namespace martd::admin
