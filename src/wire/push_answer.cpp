#include "wire/push_answer.h"

#include <variant>

#include "base/json_string.h"
#include "base/numbers.h"

namespace martd::wire {

using push::PushError;

namespace {

void append_receipt(std::string& body, const push::Receipt& receipt) {
  body += "{\"etag\":\"";
  append(body, receipt.etag);
  body += "\",\"subscribers\":";
  append_number(body, receipt.subscribers);
  if (receipt.duplicate) body += ",\"duplicate\":true";
  body += '}';
}

std::string receipts_body(std::span<const std::string> channels, std::span<const push::Receipt> receipts) {
  std::string body;
  body.reserve(80);
  if (receipts.size() == 1) {
    append_receipt(body, receipts.front());
  } else {
    body = "{\"channels\":{";
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      if (i > 0) body += ',';
      append_json_string(body, channels[i]);
      body += ':';
      append_receipt(body, receipts[i]);
    }
    body += "}}";
  }
  body += '\n';
  return body;
}

std::string cleared_body(const push::Cleared& cleared) {
  return "{\"etag\":\"" + to_string(cleared.etag) + "\",\"dropped\":" + std::to_string(cleared.dropped) + "}\n";
}

}  // namespace

Refusal explain(const push::PushRefusal& refusal) {
  const std::string channel = "channel " + refusal.channel;
  switch (refusal.error) {
    case PushError::not_allowed:
      return {403,
              channel +
                  ": this client may not push (taken: an address in --publish-from, the publish secret, or the key "
                  "of a channel that has one)"};
    case PushError::wrong_key:
      return {403, "key: " + channel + " has a key, and this push doesn't bring it"};
    case PushError::not_newest:
      return {412, "If-Match: not the newest etag of " + channel};
    case PushError::is_newest:
      return {412, "If-None-Match: it names the newest etag of " + channel};
    case PushError::not_empty:
      return {412, "If-None-Match: " + channel + " keeps a message already"};
    case PushError::not_all_empty:
      return {400, "If-None-Match: " + channel + " keeps a message (taken: * for several channels that all keep none)"};
    case PushError::not_found:
      return {404, channel + ": there is none of that name"};
    case PushError::memory_full:
      return {507, channel + ": no memory left for more messages (--max-memory)"};
    case PushError::store_away:
      return {503, channel + ": the store can't take it now: " + refusal.why};
  }
  return {500, "unknown"};
}

Result<std::string> push_answer_body(std::span<const std::string> channels,
                                     const push::PushResult<push::Receipts>& receipts) {
  if (!receipts) return explain(receipts.error());
  return receipts_body(channels, *receipts);
}

Result<std::string> push_answer_body(const push::PushResult<push::Cleared>& cleared) {
  if (!cleared) return explain(cleared.error());
  return cleared_body(*cleared);
}

Result<std::string> push_answer_body(const push::PushAnswer& answer) {
  if (const auto* cleared = std::get_if<push::PushResult<push::Cleared>>(&answer.result))
    return push_answer_body(*cleared);
  return push_answer_body(answer.channels, std::get<push::PushResult<push::Receipts>>(answer.result));
}

}  // namespace martd::wire
