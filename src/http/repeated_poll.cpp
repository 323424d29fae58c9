#include "http/repeated_poll.h"

#include "http/https.h"
#include "http/request_limits.h"
#include "http/router.h"
#include "wire/head_reader.h"

namespace martd::http {
namespace {

/// Whether nothing but its request line says what a long-poll asks for, and how it is answered.
bool only_its_line_matters(const wire::Request& request) {
  const wire::RequestHead& head = request.head;
  if (request.method() != "GET" || !head.keep_alive || head.http_1_0 || head.content_length || head.chunked)
    return false;
  std::string joined;
  const std::string_view accept = request.list("Accept", joined);
  if (accept.find("event-stream") != accept.npos || accept.find("ndjson") != accept.npos) return false;
  return request.list("If-None-Match", joined).empty() && request.header("Last-Event-ID").empty() &&
         request.header("Origin").empty() && request.header("Expect").empty() &&
         !head.fields.names("Upgrade", "websocket");
}

/// The target of a request line that is `GET`, a path and query of usual characters, and HTTP/1.1; empty: it isn't.
std::string_view plain_target(std::string_view line) {
  constexpr std::string_view kMethod = "GET ";
  constexpr std::string_view kVersion = " HTTP/1.1";
  if (!line.starts_with(kMethod) || !line.ends_with(kVersion) || line.size() <= kMethod.size() + kVersion.size())
    return {};
  const std::string_view target = line.substr(kMethod.size(), line.size() - kMethod.size() - kVersion.size());
  if (target.front() != '/' || target.size() > HeadLimits::kTarget || wire::HeadReader(target).take_target() != target)
    return {};
  return target;
}

}  // namespace

std::optional<RepeatedPoll::Again> RepeatedPoll::read(std::string_view bytes, const Situation& situation) const {
  std::optional<Again> again;
  const auto line_end = bytes.find("\r\n");
  if (line_end == bytes.npos || !bytes.substr(line_end + 2).starts_with(lines_->lines)) return again;
  const std::string_view target = plain_target(bytes.substr(0, line_end));
  if (target.empty()) return again;
  const Settings& settings = situation.settings;
  // With --host each request is looked at for its name.
  if (!situation.serves() || redirects(settings, situation.secure) || settings.access.hosts.only()) return again;
  const wire::Target split = wire::split_target(target);
  if (route_of(split.path, settings.prefix, settings.has_upstream) != Route::subscribe) return again;
  again.emplace(line_end + 2 + lines_->lines.size(), split, settings.subscribe);
  if (!again->wanted || again->wanted->transport != wire::Transport::poll) again.reset();
  return again;
}

void RepeatedPoll::remember(const wire::Request& request, std::string_view bytes, KnownHeads& heads) {
  if (only_its_line_matters(request)) lines_ = heads.remember(bytes.substr(bytes.find("\r\n") + 2));
}

}  // namespace martd::http
