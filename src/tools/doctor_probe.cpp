#include "tools/doctor_probe.h"

#include <httplib.h>
#include <time.h>

#include <boost/asio/ip/address.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/ascii.h"
#include "push/etag.h"
#include "tools/http_client.h"
#include "tools/subscription.h"
#include "tools/tls_look.h"

namespace martd::tools {
namespace {

using namespace std::chrono_literals;
using Wall = std::chrono::system_clock;

/// `Wed, 21 Oct 2015 07:28:00 GMT`. The program's locale is "C", so these are the names that strptime knows.
std::optional<Wall::time_point> parse_date(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  return Wall::from_time_t(::timegm(&parts));
}

/// Whether a list at commas has the word, in any case.
bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view part = list.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (iequals(part, word)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::string error_of(const std::string& body) {
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  if (error || !value.is_object()) return {};
  const auto* words = value.get_object().if_contains("error");
  return words != nullptr && words->is_string() ? std::string(words->get_string()) : std::string();
}

std::string etag_of(const std::string& body) {
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  if (error || !value.is_object()) return {};
  const auto* etag = value.get_object().if_contains("etag");
  return etag != nullptr && etag->is_string() ? std::string(etag->get_string()) : std::string();
}

}  // namespace

struct DoctorProbe::Reply {
  httplib::Result result;

  explicit operator bool() const { return static_cast<bool>(result); }
  int status() const { return result ? result->status : 0; }
  const std::string& body() const { return result->body; }
  std::string header(const char* name) const { return result ? result->get_header_value(name) : std::string(); }
  std::vector<std::string> all(const char* name) const {
    std::vector<std::string> values;
    if (!result) return values;
    const auto [begin, end] = result->headers.equal_range(name);
    for (auto it = begin; it != end; ++it) values.push_back(it->second);
    return values;
  }
};

DoctorProbe::DoctorProbe(const ServerAddress& address, Certificate certificate, std::string secret, std::string channel)
    : address_(address),
      certificate_(certificate),
      secret_(std::move(secret)),
      channel_(std::move(channel)),
      client_(make_http_client(address, certificate)) {
  client_->set_read_timeout(10);
}

DoctorProbe::~DoctorProbe() {
  stream_.reset();
  if (may_push_) ask("DELETE", "/pub?channel=" + channel_, credentials());
}

DoctorProbe::Reply DoctorProbe::ask(const std::string& method, const std::string& target, const Headers& headers,
                                    const std::string& body) {
  httplib::Request request;
  request.method = method;
  request.path = address_.prefix + target;
  for (const auto& [name, value] : headers) request.headers.emplace(name, value);
  request.body = body;
  return {client_->send(request)};
}

DoctorProbe::Headers DoctorProbe::credentials() const {
  if (secret_.empty()) return {};
  return {{"Authorization", "Bearer " + secret_}};
}

DoctorProbe::Reply DoctorProbe::push(const std::string& body, const Headers& headers) {
  return ask("POST", "/pub?channel=" + channel_ + "&life=60s", headers, body);
}

std::string DoctorProbe::sub(std::string_view cursor) const { return "/sub?" + channel_ + '=' + std::string(cursor); }

SeenReach DoctorProbe::reach() {
  SeenReach seen;
  const auto begin = Wall::now();
  const Reply reply = ask("GET", sub("now") + "&.wait=0");
  const auto middle = begin + (Wall::now() - begin) / 2;
  if (!reply) {
    const auto error = reply.result.error();
    seen.problem = error == httplib::Error::SSLServerVerification ? "its certificate is not trusted"
                                                                  : httplib::to_string(error) + ": no answer";
    return seen;
  }
  seen.status = reply.status();
  Subscription subscription({channel_}, {"now"}, "doctor");
  seen.martd = reply.status() == 200 && subscription.settle(reply.body());
  if (const auto date = parse_date(reply.header("Date"))) {
    // The header has whole seconds: cut off, so it is half a second behind on average.
    clock_.date = std::chrono::duration_cast<Duration>(*date + 500ms - middle);
  }
  if (seen.martd) {
    // The cursor of a channel that is not there is the server's clock.
    const std::string query = subscription.query();
    const std::size_t begin_of_etag = query.find('=') + 1;
    const auto etag = push::parse_etag(query.substr(begin_of_etag, query.find('&') - begin_of_etag));
    const auto server = Duration(static_cast<Duration::rep>(push::value(etag.value())));
    clock_.server = server - std::chrono::duration_cast<Duration>(middle.time_since_epoch());
  }
  return seen;
}

SeenTls DoctorProbe::tls(bool looked) const {
  SeenTls seen;
  seen.used = address_.tls;
  seen.local = is_local(address_);
  seen.looked = looked;
  if (!address_.tls) return seen;
  TlsLook look = look_at_tls(address_);
  seen.version = std::move(look.version);
  seen.problem = std::move(look.problem);
  seen.left = look.left;
  return seen;
}

SeenKeepAlive DoctorProbe::keep_alive() {
  const Reply reply = ask("GET", sub("now") + "&.wait=0");
  return {reply && client_->is_socket_open() > 0};
}

SeenPushing DoctorProbe::pushing(bool outside) {
  SeenPushing seen;
  seen.outside = outside;
  // An empty body is sent to nobody and sets the life, so that the channel is soon forgotten.
  seen.status = push("", {}).status();
  seen.plain = seen.status == 200;
  if (outside && !seen.plain) {
    for (const auto& [name, value] : Headers{{"X-Forwarded-For", "127.0.0.1"}, {"Forwarded", "for=127.0.0.1"}}) {
      if (seen.forged.empty() && push("", {{name, value}}).status() == 200) seen.forged = name + ": " + value;
    }
  }
  may_push_ = seen.plain || (!secret_.empty() && push("", credentials()).status() == 200);
  return seen;
}

SeenOwnPages DoctorProbe::own_pages() {
  const std::string own = (address_.tls ? "https://" : "http://") + host_of(address_);
  const Reply reply = ask("OPTIONS", "/pub", {{"Origin", own}, {"Access-Control-Request-Method", "POST"}});
  return {reply.status() == 403 && error_of(reply.result ? reply.body() : "").find("Origin") != std::string::npos,
          reply.status()};
}

SeenOrigin DoctorProbe::origin(const std::string& origin) {
  SeenOrigin seen;
  seen.origin = origin;
  const Reply reply = ask("GET", sub("now") + "&.wait=0", {{"Origin", origin}});
  seen.allowed = reply.all("Access-Control-Allow-Origin");
  for (const std::string& names : reply.all("Access-Control-Expose-Headers"))
    seen.etag_exposed |= has_word(names, "ETag");
  seen.preflight = ask("OPTIONS", "/pub",
                       {{"Origin", origin},
                        {"Access-Control-Request-Method", "POST"},
                        {"Access-Control-Request-Headers", "content-type"}})
                       .status();
  return seen;
}

SeenCompression DoctorProbe::compression(Duration limit) const {
  const StreamWatch watch(address_, certificate_, sub("now"), {{"Accept-Encoding", "gzip, br, zstd"}});
  const auto seen = watch.await(limit, [](const auto& now) { return now.status != 0; });
  return {seen.status != 0, iequals(seen.coding, "identity") ? "" : seen.coding};
}

SeenStream DoctorProbe::stream(Duration limit) {
  stream_ = std::make_unique<StreamWatch>(address_, certificate_, sub("now"), Headers{});
  const auto seen = stream_->await(limit, [](const auto& now) { return now.first_byte.has_value(); });
  SeenStream out{seen.status, seen.type, {}, limit};
  if (seen.first_byte) out.first_byte = *seen.first_byte - seen.asked;
  return out;
}

SeenDelivery DoctorProbe::delivery(Duration limit) {
  SeenDelivery out;
  out.allowed = may_push_;
  if (!may_push_) return out;
  const auto begin = StreamWatch::Clock::now();
  out.allowed = push("delivery", credentials()).status() == 200;
  out.round_trip = StreamWatch::Clock::now() - begin;
  const auto seen = stream_->await(limit, [](const auto& now) { return !now.events.empty(); });
  if (!seen.events.empty()) out.after = seen.events.front().at - begin;
  return out;
}

SeenResume DoctorProbe::resume(Duration limit) {
  SeenResume out;
  out.by_messages = may_push_;
  std::string etag = "1";
  if (may_push_) {
    const Reply first = push("one", credentials());
    if (first.status() != 200 || push("two", credentials()).status() != 200) return out;
    etag = etag_of(first.body());
  }
  // The query says `now`: only what the header says can bring anything.
  const StreamWatch watch(address_, certificate_, sub("now"), {{"Last-Event-ID", etag}});
  const auto seen = watch.await(limit, [](const auto& now) { return !now.events.empty(); });
  if (seen.events.empty()) {
    // With a store, nothing need be missed by a cursor that is too old.
    out.lost = may_push_ && seen.first_byte;
  } else {
    out.told = may_push_ ? seen.events[0].data == "two" : seen.events[0].name == "martd.missed";
    out.lost = !out.told;
  }
  return out;
}

SeenHeartbeat DoctorProbe::heartbeat(Duration limit) const {
  const auto begin = StreamWatch::Clock::now();
  const auto seen = stream_->await(limit, [](const auto& now) { return now.heartbeat.has_value(); });
  SeenHeartbeat out;
  out.waited = StreamWatch::Clock::now() - begin;
  if (seen.heartbeat) {
    out.after = seen.silence;
  } else if (seen.ended) {
    out.ended = true;
    out.waited = *seen.ended - seen.last_byte.value_or(seen.asked);
  }
  return out;
}

bool is_local(const ServerAddress& address) {
  boost::system::error_code error;
  const auto literal = boost::asio::ip::make_address(address.host, error);
  return error ? iequals(address.host, "localhost") : literal.is_loopback();
}

}  // namespace martd::tools
