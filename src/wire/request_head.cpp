#include "wire/request_head.h"

#include <string>

#include "wire/head_reader.h"
#include "wire/host.h"
#include "wire/query.h"

namespace martd::wire {
namespace {

std::optional<Refusal> check_target(const RequestHead& head, const std::optional<std::string_view>& host) {
  // An answer to CONNECT has no body for who knows the method, and one for who doesn't.
  if (head.method == "CONNECT") return bad_request("CONNECT: not taken");
  if (head.target[0] == '/') return std::nullopt;
  if (head.target == "*" && head.method == "OPTIONS") return std::nullopt;
  std::size_t scheme = 0;
  if (iequals(head.target.substr(0, 7), "http://")) scheme = 7;
  if (iequals(head.target.substr(0, 8), "https://")) scheme = 8;
  if (scheme == 0)
    return bad_request("request line: target not taken (taken: /path, http://… or https://…, * with OPTIONS)");
  // A fragment is never sent (RFC 9110 section 4.2.5). Some end the host at it and others don't: two readers of one
  // line.
  if (head.target.find('#') != head.target.npos) return bad_request("request line: # in an absolute target");
  std::string_view authority = head.target.substr(scheme);
  authority = authority.substr(0, authority.find_first_of("/?"));
  if (!parse_host(authority)) return bad_request("request line: malformed host in the target");
  // A client must send the same in both (RFC 9112, section 3.2); whoever doesn't wants two readers to differ.
  if (host && !iequals(authority, *host)) return bad_request("Host: not the host of the request target");
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> read_request_head(std::string_view bytes, std::size_t max_target, RequestHead& head) {
  HeadReader reader(bytes);
  head.method = reader.take(HeadReader::kToken);
  if (head.method.empty() || !reader.take_byte(' ')) return bad_request("request line: malformed method");
  head.target = reader.take_target();
  if (head.target.empty() || !reader.take_byte(' '))
    return bad_request("request line: malformed target (taken: one space on either side, no control characters)");
  if (!reader.take_version()) return bad_request("request line: HTTP version not taken (taken: HTTP/1.1, HTTP/1.0)");
  if (auto refusal = reader.take_line_end()) return refusal;
  if (auto refusal = reader.read_fields(head.fields)) return refusal;
  head.http_1_0 = !reader.version_1_1();
  head.chunked = reader.chunked();
  head.content_length = reader.content_length();
  head.keep_alive = reader.keep_alive();
  head.upgrade = reader.upgrade();
  const auto& host = reader.host();
  if (!host && reader.version_1_1()) return bad_request("Host: missing");
  if (host && !parse_host(*host)) return bad_request("Host: malformed: " + shown(*host));
  if (head.target.size() > max_target)
    return Refusal{414, "request target longer than " + std::to_string(max_target) + " bytes"};
  return check_target(head, host);
}

}  // namespace martd::wire
