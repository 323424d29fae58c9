#include "hub_calls.h"

#include <utility>

#include "push/hub.h"

namespace martd::push::test {

ContentPtr content(std::string payload, std::string id, std::optional<Duration> expire) {
  auto* made = new Content;
  ContentPtr owned(made);
  made->payload = std::move(payload);
  made->id = std::move(id);
  made->expire = expire;
  return owned;
}

TestTickets& no_tickets() {
  static TestTickets made;
  return made;
}

Claim claim(std::string key, bool allowed) { return {std::move(key), allowed ? Rights::to_all() : Rights()}; }

PushResult<Receipts> publish_in(Hub& hub, const std::string& channel, ContentPtr what, Time now,
                                const Attributes& attributes) {
  PushJob job;
  job.channels = {channel};
  job.attributes = attributes;
  job.content = std::move(what);
  job.claim = claim(attributes.key);
  return hub.publish(std::move(job), now, no_tickets()).value();
}

PushResult<Cleared> clear_in(Hub& hub, const std::string& channel, Time now, Claim by) {
  return hub.clear({channel, std::move(by)}, now, no_tickets()).value();
}

}  // namespace martd::push::test
