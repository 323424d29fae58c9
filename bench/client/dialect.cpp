#include "dialect.h"

#include <stdexcept>

namespace bench {
namespace {

constexpr std::string_view kHost = " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n";

std::string text(std::initializer_list<std::string_view> parts) {
  std::string all;
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  all.reserve(size);
  for (const auto part : parts) all += part;
  return all;
}

std::string_view unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') return etag.substr(1, etag.size() - 2);
  return etag;
}

}  // namespace

Dialect::Dialect(std::string_view name)
    : name_(name == "nchan"     ? Name::nchan
            : name == "pushpin" ? Name::pushpin
                                : Name::martd) {
  if (name_ == Name::martd && name != "martd") throw std::runtime_error("unknown dialect: " + std::string(name));
}

std::string Dialect::stream(std::string_view channel, std::string_view last_id) const {
  if (name_ == Name::martd) {
    return text({"GET /sub?", channel, "=", last_id.empty() ? "now" : last_id, "&.transport=sse", kHost,
                 "Accept: text/event-stream\r\n\r\n"});
  }
  const std::string resume = last_id.empty() ? "" : text({"Last-Event-ID: ", last_id, "\r\n"});
  return text({"GET /sub?id=", channel, kHost, "Accept: text/event-stream\r\n", resume, "\r\n"});
}

std::string Dialect::poll(std::string_view channel, const Cursor& cursor) const {
  if (name_ == Name::martd) {
    return text({"GET /sub?", channel, "=", cursor.etag.empty() ? "now" : unquoted(cursor.etag), kHost,
                 "Accept: application/json\r\n\r\n"});
  }
  if (cursor.etag.empty()) return text({"GET /sub?id=", channel, kHost, "Accept: application/json\r\n\r\n"});
  return text({"GET /sub?id=", channel, kHost, "Accept: application/json\r\nIf-Modified-Since: ", cursor.last_modified,
               "\r\nIf-None-Match: ", cursor.etag, "\r\n\r\n"});
}

std::string Dialect::long_held_poll(std::string_view channel) const {
  if (name_ != Name::martd) return poll(channel, {});
  return text({"GET /sub?", channel, "=now&.wait=300", kHost, "Accept: application/json\r\n\r\n"});
}

std::string Dialect::publish(std::string_view channel, std::string_view payload) const {
  const auto post = [](std::string_view path, std::string_view name, std::string_view type, std::string_view body) {
    return text({"POST ", path, name, kHost, "Content-Type: ", type,
                 "\r\nContent-Length: ", std::to_string(body.size()), "\r\n\r\n", body});
  };
  switch (name_) {
    case Name::martd:
      return post("/pub?channel=", channel, "text/plain", payload);
    case Name::nchan:
      return post("/pub?id=", channel, "text/plain", payload);
    case Name::pushpin:
      return post(
          "/publish/", "", "application/json",
          text({R"({"items":[{"channel":")", channel, R"(","formats":{"http-stream":{"content":"data: )", payload,
                R"(\n\n"},"http-response":{"headers":{"Content-Type":"text/plain"},"body":")", payload, R"("}}}]})"}));
  }
  return {};
}

}  // namespace bench
