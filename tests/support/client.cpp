#include "support/client.h"

#include <stdexcept>

#include "support/deadline.h"
#include "support/text.h"

namespace martd::test {
namespace {

std::string with(const std::string& query, const std::string& more) {
  return more.empty() ? query : query + "&" + more;
}

std::string of_channel(const std::string& channel, const std::string& more) {
  return with("channel=" + percent_encoded(channel), more);
}

[[noreturn]] void unexpected(const std::string& what, const Answer& answer) {
  throw std::runtime_error(what + " was answered " + std::to_string(answer.status) + ": " + answer.body);
}

}  // namespace

Answer Client::push(const std::string& query, const std::string& body, const Headers& headers) const {
  return send({"POST", "/pub?" + query, headers, body});
}

std::string Client::publish(const std::string& channel, const std::string& payload,
                            const std::string& attributes) const {
  Answer answer = push(of_channel(channel, attributes), payload);
  if (answer.status != 200) unexpected("a push to " + channel, answer);
  return text_at(answer.parsed(), "etag");
}

Answer Client::inspection(const std::string& channel, const std::string& more) const {
  return get("/pub?" + of_channel(channel, more));
}

json::object Client::inspect(const std::string& channel, const std::string& more) const {
  Answer answer = inspection(channel, more);
  if (answer.status != 200) unexpected("GET /pub of " + channel, answer);
  return answer.object();
}

std::string Client::newest(const std::string& channel) const { return text_at(inspect(channel), "etag"); }

Answer Client::clear(const std::string& channel, const std::string& more) const {
  return send({"DELETE", "/pub?" + of_channel(channel, more)});
}

Look Client::look(const std::string& channel, const std::string& cursor) const {
  Answer answer = poll(percent_encoded(channel) + "=" + cursor + "&.wait=0");
  if (answer.status != 200) unexpected("a poll for " + channel, answer);
  return {told_in(answer, channel), cursor_in(answer)};
}

void Client::await_subscribers(const std::string& channel, int count) const {
  await(std::to_string(count) + " subscribers of " + channel, [&] {
    Answer answer = inspection(channel);
    if (answer.status == 404) return count == 0;
    return answer.parsed().at("subscribers").to_number<int>() == count;
  });
}

void Client::await_messages(const std::string& channel, int count) const {
  await(std::to_string(count) + " messages in " + channel, [&] {
    Answer answer = inspection(channel);
    if (answer.status == 404) return count == 0;
    return answer.parsed().at("messages").to_number<int>() == count;
  });
}

void Client::await_forgotten(const std::string& channel) const {
  await(channel + " to be forgotten", [&] { return inspection(channel).status == 404; });
}

std::string told_in(const Answer& answer, const std::string& channel) {
  auto channels = answer.parsed().at("channels").as_object();
  if (!channels.contains(channel)) return "";
  auto& state = channels.at(channel).as_object();
  std::string text;
  if (state.contains("missed")) {
    auto& missed = state.at("missed");
    text = missed.is_bool() && missed.as_bool() ? "[missed]" : "[missed " + json::serialize(missed) + "]";
  }
  for (auto& payload : state.at("payload").as_array()) {
    if (!text.empty()) text += ' ';
    text += payload.as_string();
  }
  return text;
}

std::string cursor_in(const Answer& answer) {
  std::string tag = answer.header("ETag");
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') throw std::runtime_error("not a strong ETag: " + tag);
  return tag.substr(1, tag.size() - 2);
}

}  // namespace martd::test
