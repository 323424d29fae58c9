#include "admin/requests.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "admin/admin_guard.h"
#include "admin/answers.h"
#include "admin/channel_reports.h"
#include "admin/health.h"
#include "admin/inner_request.h"
#include "admin/metrics.h"
#include "admin/parameters.h"
#include "admin/process_figures.h"
#include "admin/statistics.h"
#include "base/json_writer.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "push/hub.h"
#include "push/overseer.h"
#include "wire/request_fields.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

constexpr auto kLoopPatience = 1s;
constexpr auto kPublishPatience = 5s;
constexpr std::size_t kMostChannels = 10000;
constexpr std::size_t kMostMessages = 1000;
constexpr std::size_t kMostSubscribers = 1000;

struct SplitTarget {
  std::string_view path;
  std::string_view query;
};

SplitTarget split(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  return {target.substr(0, mark), target.substr(std::min(mark + 1, target.size()))};
}

std::optional<std::string> header(const httplib::Request& request, const char* name) {
  if (!request.has_header(name)) return std::nullopt;
  return request.get_header_value(name);
}

/// A request without either has an empty body (RFC 9112 §6.3); cpp-httplib would wait for one with a POST or a PUT.
bool has_body(const httplib::Request& request) {
  if (request.method != "POST" && request.method != "PUT") return false;
  return request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
}

void answer_refusal(httplib::Response& response, const Refusal& refusal) {
  answer_error(response, refusal.status, refusal.message);
}

void answer_no_channel(httplib::Response& response, std::string_view name) {
  std::string shown;
  append_utf8_lossy(shown, name);
  answer_error(response, 404, "channel " + shown + ": there is none of that name");
}

void answer_crowded(httplib::Response& response) {
  answer_error(response, 503, "too many watch already (taken: " + std::to_string(Watching::kMost) + " at once)");
}

void answer_health(httplib::Response& response, const std::optional<std::string>& problem) {
  if (!problem) return answer_stopping(response);
  if (problem->empty()) return answer_json(response, "{\"status\":\"ok\"}\n");
  answer_error(response, 503, *problem);
}

}  // namespace

/// `*` stands for one segment. Paths are looked at in this order.
struct Requests::Route {
  std::string_view method;
  std::vector<std::string_view> path;
  Handler handler;
  bool open = false;  ///< needs no token
};

const std::vector<Requests::Route>& Requests::routes() {
  using R = Requests;
  static const std::vector<Route> routes{
      {"GET", {""}, &R::dashboard},
      {"GET", {"healthz"}, &R::health},
      {"GET", {"readyz"}, &R::readiness},
      {"GET", {"metrics"}, &R::metrics},
      {"GET", {"stats"}, &R::statistics},
      {"GET", {"events"}, &R::events},
      {"GET", {"channels"}, &R::channels},
      {"GET", {"channels", "*"}, &R::channel},
      {"DELETE", {"channels", "*"}, &R::clear},
      {"GET", {"channels", "*", "watch"}, &R::watch},
      {"POST", {"channels", "*", "kick"}, &R::kick},
      {"GET", {"subscribers"}, &R::subscribers},
      {"GET", {"endings"}, &R::endings},
      {"POST", {"publish"}, &R::publish},
      {"PUT", {"publish"}, &R::publish},
      {"GET", {"subscribe"}, &R::subscribe},
      {"GET", {"login"}, &R::login_page, true},
      {"POST", {"login"}, &R::login, true},
      {"POST", {"logout"}, &R::logout, true},
  };
  return routes;
}

Requests::Requests(PublicSide& side, std::string host, std::string token)
    : host_(std::move(host)),
      gate_(side),
      sampler_([this] {
        return gate_.with([](PublicSide& there) { return Sampler::Look{there.now(), there.figures()}; });
      }),
      watching_(gate_, sampler_, inner_),
      token_(std::move(token)) {}

void Requests::close() {
  gate_.close();
  sampler_.stop();
  inner_.cut();
}

std::string Requests::token() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

void Requests::set_token(std::string token) {
  {
    const std::lock_guard lock(mutex_);
    if (token == token_) return;
    token_ = std::move(token);
    logins_.clear();
  }
  watching_.end_all();
}

bool Requests::logged_in(const httplib::Request& request) {
  const std::string cookies = cookies_of(request);
  const std::string_view value = cookie_in(cookies, kLoginCookie);
  if (value.empty()) return false;
  const auto now = gate_.with([](PublicSide& side) { return side.now(); });
  const std::lock_guard lock(mutex_);
  return now && logins_.known(value, *now);
}

bool Requests::begin(const httplib::Request& request, httplib::Response& response) {
  response.set_header("Cache-Control", "no-store");
  response.set_header("X-Content-Type-Options", "nosniff");
  response.set_header("Cross-Origin-Resource-Policy", "same-origin");
  // With `no-referrer` a browser would send `Origin: null` with the login's form.
  response.set_header("Referrer-Policy", "same-origin");
  return dispatch(request, response, false);
}

void Requests::answer(const httplib::Request& request, httplib::Response& response) {
  dispatch(request, response, true);
}

bool Requests::dispatch(const httplib::Request& request, httplib::Response& response, bool body_read) {
  const SplitTarget target = split(request.target);
  const auto segments = path_segments(target.path);
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);

  const Route* route = nullptr;
  std::string allow;
  if (segments) {
    for (const Route& row : routes()) {
      const bool same =
          std::equal(row.path.begin(), row.path.end(), segments->begin(), segments->end(),
                     [](std::string_view want, const std::string& is) { return want == "*" || want == is; });
      if (!same) continue;
      if (row.method == method) route = &row;
      allow += (allow.empty() ? "" : ", ") + std::string(row.method) + (row.method == "GET" ? ", HEAD" : "");
    }
  }
  wire::Fields fields;
  if (!body_read) {
    for (const auto& [name, value] : request.headers) fields.push_back({name, value});
    if (const auto refusal = wire::refuse_repeated(fields)) return answer_refusal(response, *refusal), true;
    const Caller caller{header(request, "Host"), header(request, "Origin"), request.get_header_value("Authorization"),
                        request.get_header_value("Sec-Fetch-Site"), request.get_header_value("Sec-Fetch-Mode")};
    if (request.get_header_value_count("Host") > 1) return answer_error(response, 400, "Host: given twice"), true;
    if (const auto refusal = refuse_place(caller, host_)) return answer_refusal(response, *refusal), true;
    const auto refusal = refuse_stranger(caller, token(), logged_in(request));
    if (refusal && !(route && route->open)) {
      if (route && route->handler == &Requests::dashboard) return go_to(response, "/login"), true;
      response.set_header("WWW-Authenticate", "Bearer");
      return answer_refusal(response, *refusal), true;
    }
  }
  if (!route && !allow.empty()) {
    response.set_header("Allow", allow);
    return answer_error(response, 405, request.method + ": not taken here (taken: " + allow + ")"), true;
  }
  if (!route)
    return answer_error(response, 404,
                        "no such path (taken: /, /healthz, /readyz, /stats, /metrics, /channels, /subscribers, "
                        "/endings, /events, /publish, /subscribe)"),
           true;
  if (!body_read && has_body(request)) {
    if (const auto refusal = wire::refuse_body_fields(fields)) {
      if (refusal->status == 415) response.set_header("Accept-Encoding", std::string(wire::kTakenCodings));
      return answer_refusal(response, *refusal), true;
    }
    // cpp-httplib would take it apart, and the payload is to be what was sent.
    if (!request.is_multipart_form_data()) return false;
    return answer_error(response, 415,
                        "Content-Type: multipart/form-data is not taken here (taken: the payload as it is)"),
           true;
  }
  (this->*route->handler)(request, response, *segments);
  return true;
}

// --- figures ---

void Requests::health(const httplib::Request&, httplib::Response& response, const Segments&) {
  answer_health(response, gate_.with([](PublicSide& side) { return ailment(side.figures()); }));
}

void Requests::readiness(const httplib::Request&, httplib::Response& response, const Segments&) {
  answer_health(response, gate_.with([](PublicSide& side) { return unreadiness(side.figures()); }));
}

void Requests::metrics(const httplib::Request&, httplib::Response& response, const Segments&) {
  const auto text = gate_.with([](PublicSide& side) { return metrics_text(side.figures(), read_process_figures()); });
  if (!text) return answer_stopping(response);
  response.set_content(*text, "text/plain; version=0.0.4; charset=utf-8");
}

void Requests::statistics(const httplib::Request&, httplib::Response& response, const Segments&) {
  const PushHistory pushes = sampler_.pushes();
  const auto text = gate_.with([&](PublicSide& side) {
    return full_stats_json(side.figures(), read_process_figures(), pushes, side.setup(), side.now());
  });
  if (!text) return answer_stopping(response);
  answer_json(response, *text);
}

void Requests::events(const httplib::Request& request, httplib::Response& response, const Segments&) {
  if (request.method == "HEAD") return answer_error(response, 405, "HEAD: not taken here (taken: GET)");
  auto lease = watching_.enter();
  if (!lease) return answer_crowded(response);
  watching_.figures(response, std::move(lease));
}

// --- channels ---

void Requests::channels(const httplib::Request& request, httplib::Response& response, const Segments&) {
  const auto asked = Parameters::parse(split(request.target).query, {"prefix", "after", "limit"});
  if (!asked) return answer_refusal(response, asked.error());
  const auto limit = asked->count("limit", 100, kMostChannels);
  if (!limit) return answer_refusal(response, limit.error());
  push::ChannelQuery query;
  if (const std::string* prefix = asked->text("prefix")) query.prefix = *prefix;
  if (const std::string* after = asked->text("after")) query.after = *after;
  query.limit = *limit;
  const auto json = gate_.with([&](PublicSide& side) {
    return channel_page_json(push::Overseer(side.hub()).list(query), side.hub().registry().channels());
  });
  if (!json) return answer_stopping(response);
  answer_json(response, *json);
}

void Requests::channel(const httplib::Request& request, httplib::Response& response, const Segments& segments) {
  const std::string& name = segments[1];
  const auto asked = Parameters::parse(split(request.target).query, {"messages", "subscribers"});
  if (!asked) return answer_refusal(response, asked.error());
  const auto messages = asked->count("messages", 100, kMostMessages);
  if (!messages) return answer_refusal(response, messages.error());
  const auto seats = asked->count("subscribers", 100, kMostSubscribers);
  if (!seats) return answer_refusal(response, seats.error());
  const auto json = gate_.with([&](PublicSide& side) -> std::string {
    const auto detail = push::Overseer(side.hub()).describe(name, *messages, side.now());
    if (!detail) return {};
    return channel_json(*detail, side.subscribers(name, *seats + 1, kLoopPatience), *seats);
  });
  if (!json) return answer_stopping(response);
  if (json->empty()) return answer_no_channel(response, name);
  answer_json(response, *json);
}

void Requests::clear(const httplib::Request& request, httplib::Response& response, const Segments& segments) {
  pass_on(request, response, "DELETE", "channel=" + encode_component(segments[1]));
}

void Requests::kick(const httplib::Request& request, httplib::Response& response, const Segments& segments) {
  const auto asked = Parameters::parse(split(request.target).query, {"cid", "seat"});
  if (!asked) return answer_refusal(response, asked.error());
  push::KickOrder order;
  if (const std::string* cid = asked->text("cid")) order.cid = *cid;
  if (asked->text("seat")) {
    // Numbers begin at 0, and count() at 1.
    const std::string text = *asked->text("seat");
    std::uint32_t seat = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seat);
    if (error != std::errc() || end != text.data() + text.size())
      return answer_error(response, 400, "seat: not a seat's number (taken: one that /channels/NAME has)");
    order.seat = seat;
  }
  if (order.cid.has_value() == order.seat.has_value())
    return answer_error(response, 400, "cid, seat: one of them is needed (taken: a client's cid, or a seat's number)");
  const auto kicked =
      gate_.with([&](PublicSide& side) { return push::Overseer(side.hub()).kick(segments[1], order, side.now()); });
  if (!kicked) return answer_stopping(response);
  if (!*kicked) return answer_no_channel(response, segments[1]);
  std::string json;
  JsonObject(json).number("kicked", (*kicked)->seats).boolean("more", (*kicked)->more).end_line();
  answer_json(response, json);
}

void Requests::watch(const httplib::Request& request, httplib::Response& response, const Segments& segments) {
  if (request.method == "HEAD") return answer_error(response, 405, "HEAD: not taken here (taken: GET)");
  if (!push::valid_channel_name(segments[1]))
    return answer_error(response, 400, "channel: not a name that a channel can have (taken: 1 to 255 bytes of UTF-8)");
  const auto asked = Parameters::parse(split(request.target).query, {"since"});
  if (!asked) return answer_refusal(response, asked.error());
  std::string since = asked->text("since") ? *asked->text("since") : "now";
  if (request.has_header("Last-Event-ID")) since = request.get_header_value("Last-Event-ID");
  const auto cursor = push::parse_cursor(since);
  if (!cursor) return answer_error(response, 400, "since: not a cursor (taken: 0, now, or an etag)");
  auto lease = watching_.enter();
  if (!lease) return answer_crowded(response);
  watching_.channel(response, std::move(lease), segments[1], *cursor);
}

// --- clients ---

void Requests::subscribers(const httplib::Request& request, httplib::Response& response, const Segments&) {
  const auto asked = Parameters::parse(split(request.target).query, {"limit"});
  if (!asked) return answer_refusal(response, asked.error());
  const auto limit = asked->count("limit", 100, kMostSubscribers);
  if (!limit) return answer_refusal(response, limit.error());
  const auto json = gate_.with([&](PublicSide& side) {
    return subscribers_json(side.subscribers(std::nullopt, *limit + 1, kLoopPatience), *limit);
  });
  if (!json) return answer_stopping(response);
  answer_json(response, *json);
}

void Requests::endings(const httplib::Request&, httplib::Response& response, const Segments&) {
  const auto json = gate_.with([](PublicSide& side) { return endings_json(side.endings(kLoopPatience)); });
  if (!json) return answer_stopping(response);
  answer_json(response, *json);
}

void Requests::pass_on(const httplib::Request& request, httplib::Response& response, std::string_view method,
                       std::string_view query) {
  const auto peer = wire::parse_address(request.remote_addr);
  std::string target;
  const auto descriptor = gate_.with([&](PublicSide& side) {
    target = side.setup().prefix + "/pub?" + std::string(query);
    return side.connect(peer.value_or(wire::Address()), true);
  });
  if (!descriptor) return answer_stopping(response);
  if (*descriptor < 0) return answer_error(response, 503, "no event loop takes a connection now");
  const auto inner = inner_.begin(*descriptor);
  InnerRequest::Headers headers;
  // Each of its lines: what several of them mean is decided there.
  for (const char* name : {"Content-Type", "If-Match", "If-None-Match"})
    for (std::string& line : lines_of(request, name)) headers.emplace_back(name, std::move(line));
  std::string body;
  std::optional<InnerRequest::Head> head;
  if (inner->send(method, target, headers, request.body, kPublishPatience)) head = inner->read_head(kPublishPatience);
  if (!head || !inner->read_all(body, kPublishPatience))
    return answer_error(response, 504,
                        "the event loop did not answer within 5 seconds; it may still do what was asked");
  response.status = head->status;
  response.set_content(body, head->header("content-type").c_str());
}

void Requests::publish(const httplib::Request& request, httplib::Response& response, const Segments&) {
  pass_on(request, response, "POST", split(request.target).query);
}

void Requests::subscribe(const httplib::Request& request, httplib::Response& response, const Segments&) {
  if (request.method == "HEAD") return answer_error(response, 405, "HEAD: not taken here (taken: GET)");
  auto lease = watching_.enter();
  if (!lease) return answer_crowded(response);
  watching_.subscribe(request, response, std::move(lease), split(request.target).query);
}

}  // namespace martd::admin
