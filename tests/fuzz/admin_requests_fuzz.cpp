#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/inner_request.h"
#include "admin/logins.h"
#include "admin/parameters.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "fuzz.h"

using namespace martd;
using namespace std::chrono_literals;
using fuzz::hold;

namespace {

/// What an inner request makes of an answer that ends with these bytes.
void answer(std::string_view bytes) {
  int ends[2];
  hold(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "a socket pair");
  hold(::send(ends[0], bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()), "it fits");
  ::close(ends[0]);
  admin::InnerRequest inner(ends[1]);
  const auto head = inner.read_head(0ms);
  if (!head) return;
  hold(head->status >= 100 && head->status <= 999, "a status");
  std::string body;
  (void)inner.read_all(body, 0ms);
  hold(body.size() < bytes.size(), "no more than there is");
}

}  // namespace

/// The first line is a path, the second a query, the third a Cookie header, the rest an answer of the public side.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text(data, size);
  const std::string_view path = fuzz::take(rest);
  const std::string_view query = fuzz::take(rest);
  const std::string_view cookies = fuzz::take(rest);

  if (const auto segments = admin::path_segments(path)) {
    std::string again;
    for (const std::string& segment : *segments) again += "/" + encode_component(segment);
    hold(admin::path_segments(again) == segments, "encoded and read again it is the same");
  }
  const auto parameters = admin::Parameters::parse(query, {"prefix", "limit"});
  if (parameters) {
    const std::string* prefix = parameters->text("prefix");
    hold(!prefix || !prefix->empty(), "an empty value is none");
    const auto limit = parameters->count("limit", 5, 100);
    hold(!limit || (*limit >= 1 && *limit <= 100), "in its range");
    if (!limit) hold(is_utf8(limit.error().message), "a message that can be sent");
  } else {
    hold(is_utf8(parameters.error().message) && parameters.error().message.size() < 400, "a short message");
  }
  const std::string_view value = admin::cookie_in(cookies, admin::kLoginCookie);
  hold(value.find(';') == value.npos, "one cookie's value");
  answer(rest);
  return 0;
}
