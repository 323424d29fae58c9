#include "forward/site_push.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "follow/desk.h"
#include "push/hub.h"
#include "wire/push_answer.h"

namespace martd::forward {
namespace {

void complain(std::string_view what) { spdlog::warn("Martd-Publish of the site's: not published: {}", what); }

/// Removes `body=…` from the query: it is of the header only, not of /pub. What it says; nothing where that is neither
/// 0 nor 1.
std::optional<bool> remove_body(std::string& query) {
  bool body = false;
  std::string rest;
  for (std::string_view left = query; !left.empty();) {
    const std::string_view pair = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(pair.size() + 1, left.size()));
    if (pair == "body=1" || pair == "body=true") {
      body = true;
    } else if (pair == "body" ||
               (pair.starts_with("body=") && pair != "body=0" && pair != "body=false" && pair != "body=")) {
      return std::nullopt;
    } else if (!pair.starts_with("body=")) {
      if (!rest.empty()) rest += '&';
      rest += pair;
    }
  }
  query = std::move(rest);
  return body;
}

}  // namespace

std::optional<SitePush> SitePush::of(const wire::AnswerHead& head, const Settings& settings) {
  std::vector<std::string> queries;
  std::vector<std::string_view> payloads;
  head.fields.each("Martd-Publish", [&](std::string_view value) { queries.emplace_back(value); });
  if (queries.empty()) return std::nullopt;
  head.fields.each("Martd-Payload", [&](std::string_view value) { payloads.push_back(value); });

  SitePush made;
  made.max_payload_ = settings.max_payload;
  made.body_type_ = head.field("Content-Type");
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto body = remove_body(queries[i]);
    if (!body) {
      complain("body: not a truth value (taken: 1 or 0)");
      continue;
    }
    auto request = wire::parse_publish_request(queries[i], settings.publish);
    if (!request) {
      complain(request.error().message);
      continue;
    }
    std::string payload;
    if (!*body && !payloads.empty()) payload = payloads[payloads.size() == queries.size() ? i : 0];
    made.items_.push_back({*std::move(request), std::move(payload), *body});
    made.wants_body_ |= *body;
  }
  if (made.items_.empty()) return std::nullopt;
  return made;
}

namespace {

/// A refusal, for the log.
void tell_refusal(const push::PushAnswer& answer) {
  const auto* receipts = std::get_if<push::PushResult<push::Receipts>>(&answer.result);
  if (receipts && !*receipts) complain(wire::explain(receipts->error()).message);
}

/// Whoever asked doesn't wait any more.
struct Teller final : follow::PushWaiter {
  void settled(std::uint64_t, const push::PushAnswer& answer, Time) override { tell_refusal(answer); }
};
Teller teller;

}  // namespace

void SitePush::settled(std::uint64_t ticket, const push::PushAnswer& answer) {
  std::erase(tickets_, ticket);
  tell_refusal(answer);
}

void SitePush::leave(follow::Desk& desk) {
  for (const std::uint64_t ticket : std::exchange(tickets_, {})) desk.waiters().pass_on(ticket, teller);
}

void SitePush::feed(std::string_view piece) {
  too_long_ |= body_.size() + piece.size() > max_payload_;
  if (too_long_) {
    body_.clear();
    body_.shrink_to_fit();
  } else {
    body_ += piece;
  }
}

void SitePush::publish(follow::Desk& desk, follow::PushWaiter& waiter) {
  struct Drawn final : push::Tickets {
    Drawn(follow::Waiters& from, follow::PushWaiter& by, std::vector<std::uint64_t>& into)
        : waiters(from), waiter(by), tickets(into) {}
    push::AnswerTo draw() override {
      const push::AnswerTo to = waiters.await(waiter);
      tickets.push_back(to.ticket);
      return to;
    }
    follow::Waiters& waiters;
    follow::PushWaiter& waiter;
    std::vector<std::uint64_t>& tickets;
  } tickets(desk.waiters(), waiter, tickets_);
  const Time now = desk.loop().now();
  wants_body_ = false;
  for (Item& item : std::exchange(items_, {})) {
    if (item.body ? too_long_ : item.payload.size() > max_payload_) {
      complain("payload: more than " + std::to_string(max_payload_) + " bytes (--max-payload)");
      continue;
    }
    auto* content = new push::Content;
    push::PushJob job;
    job.content = push::ContentPtr(content);
    content->payload = item.body ? body_ : std::move(item.payload);
    if (item.body) content->content_type = body_type_;
    content->event = std::move(item.request.event);
    content->id = std::move(item.request.id);
    content->expire = item.request.expire;
    job.channels = std::move(item.request.channels);
    job.claim = {std::move(item.request.attributes.key), push::Rights::to_all()};
    job.attributes = std::move(item.request.attributes);
    if (const auto receipts = desk.hub().publish(std::move(job), now, tickets); receipts && !*receipts)
      complain(wire::explain(receipts->error()).message);
  }
}

}  // namespace martd::forward
