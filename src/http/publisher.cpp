#include "http/publisher.h"

#include <utility>

#include "base/json_string.h"
#include "base/numbers.h"
#include "push/hub.h"
#include "wire/publish_request.h"
#include "wire/push_answer.h"
#include "wire/query.h"

namespace martd::http {

using push::PushError;

namespace {

/// Seconds, with a fraction only where there is one.
void append_seconds(std::string& body, Duration duration) {
  constexpr std::int64_t kSecond = 1000000000;
  body += std::to_string(duration.count() / kSecond);
  const std::int64_t rest = duration.count() % kSecond;
  if (rest == 0) return;
  std::string digits = std::to_string(kSecond + rest).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  body += '.' + digits;
}

/// The answer's body; empty, which none is: it comes later.
using Body = std::string;

class Publisher {
 public:
  Publisher(const wire::Request& request, const access::Asker& asker, const Settings& settings, push::Hub& hub,
            Time now)
      : request_(request), asker_(asker), settings_(settings), hub_(hub), now_(now) {}

  Result<Body> serve(push::Tickets& tickets) const {
    if (asker_.foreign) return foreign_page();
    auto asked = wire::parse_publish_request(request_.query, settings_.publish);
    if (!asked) return std::move(asked).error();
    const std::string_view method = request_.method();
    if (method == "POST" || method == "PUT") {
      // The store's thread, which may have the last word, doesn't know of browsers.
      if (asker_.unnamed)
        if (auto refusal = access_refusal(*asked)) return *std::move(refusal);
      return publish(*std::move(asked), tickets);
    }
    if (asked->channels.size() != 1) return bad_request("channel: one only with " + std::string(method));
    return method == "DELETE" ? clear(*asked, tickets) : inspect(*asked);
  }

  std::optional<Refusal> refused_by_head() const {
    if (asker_.foreign) return foreign_page();
    auto asked = wire::parse_publish_request(request_.query, settings_.publish);
    if (!asked) return std::move(asked).error();
    if (auto conditions = read_conditions(*asked); !conditions) return std::move(conditions).error();
    return access_refusal(*asked);
  }

 private:
  static Refusal foreign_page() {
    return {403, "Origin: pages of this origin may not use /pub (taken: this site's own, and those of --origin)"};
  }

  std::optional<Refusal> access_refusal(const wire::PublishRequest& asked) const {
    const auto refusal = hub_.refusal(asked.channels, asker_.claim(asked.attributes.key), now_);
    if (!refusal) return std::nullopt;
    return told(*refusal);
  }

  /// With what is to be done about it where it is the name that was asked for.
  Refusal told(const push::PushRefusal& refusal) const {
    Refusal told = wire::explain(refusal);
    if (asker_.unnamed && refusal.error == PushError::not_allowed)
      told.message += "; a browser's address counts only where Host is a name of this server, not " +
                      wire::shown(wire::host_of(request_.head)) + " (--host)";
    return told;
  }

  Result<std::unique_ptr<push::PushConditions>> read_conditions(const wire::PublishRequest& asked) const {
    std::string match;
    std::string none_match;
    return wire::parse_conditions(request_.list("If-Match", match), request_.list("If-None-Match", none_match),
                                  asked.channels.size());
  }

  Result<Body> publish(wire::PublishRequest&& asked, push::Tickets& tickets) const {
    auto conditions = read_conditions(asked);
    if (!conditions) return std::move(conditions).error();
    auto* content = new push::Content;
    push::ContentPtr shared(content);
    content->payload = request_.body;
    content->content_type = request_.header("Content-Type");
    content->event = std::move(asked.event);
    content->id = std::move(asked.id);
    content->expire = asked.expire;
    push::PushJob job;
    job.claim = asker_.claim(std::move(asked.attributes.key));
    job.channels = std::move(asked.channels);
    job.attributes = std::move(asked.attributes);
    job.content = std::move(shared);
    job.conditions = *std::move(conditions);
    const auto receipts = hub_.publish(std::move(job), now_, tickets);
    if (!receipts) return Body();
    return wire::push_answer_body(job.channels, *receipts);  // not moved from, as it was answered
  }

  Result<Body> inspect(const wire::PublishRequest& asked) const {
    const std::string& channel = asked.channels.front();
    const auto info = hub_.inspect(channel, asker_.claim(asked.attributes.key), now_);
    if (!info) return told(info.error());
    std::string body = "{\"channel\":";
    append_json_string(body, channel);
    body += ",\"size\":" + std::to_string(info->attributes.size) + ",\"life\":";
    append_seconds(body, info->attributes.life);
    body += std::string(",\"one2one\":") + (info->attributes.one2one ? "true" : "false");
    body += ",\"messages\":" + std::to_string(info->messages) + ",\"bytes\":" + std::to_string(info->bytes);
    body += ",\"subscribers\":" + std::to_string(info->subscribers) + ",\"etag\":\"" + to_string(info->etag) + "\"}\n";
    return body;
  }

  Result<Body> clear(const wire::PublishRequest& asked, push::Tickets& tickets) const {
    if (asker_.unnamed)
      if (auto refusal = access_refusal(asked)) return *std::move(refusal);
    const auto cleared = hub_.clear({asked.channels.front(), asker_.claim(asked.attributes.key)}, now_, tickets);
    return cleared ? wire::push_answer_body(*cleared) : Result<Body>(Body());
  }

  const wire::Request& request_;
  const access::Asker& asker_;
  const Settings& settings_;
  push::Hub& hub_;
  Time now_;
};

int append(std::string& out, const Result<Body>& body, const wire::AnswerContext& context, Time now) {
  if (body) {
    if (body->empty()) return 0;
    wire::append_answer(out, {}, *body, context, now);
    return 200;
  }
  const int status = body.error().status;
  wire::append_error(out, status, body.error().message, context, now, status == 503 ? "Retry-After: 2\r\n" : "");
  return status;
}

}  // namespace

int serve_publisher(const wire::Request& request, const access::Asker& asker, const Settings& settings, push::Hub& hub,
                    Time now, const wire::AnswerContext& context, std::string& out, push::Tickets& tickets) {
  return append(out, Publisher(request, asker, settings, hub, now).serve(tickets), context, now);
}

std::optional<Refusal> refused_by_head(const wire::Request& request, const access::Asker& asker,
                                       const Settings& settings, push::Hub& hub, Time now) {
  return Publisher(request, asker, settings, hub, now).refused_by_head();
}

}  // namespace martd::http
