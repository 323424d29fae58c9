#include "admin/inner_request.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "admin/await.h"
#include "wire/answer_head.h"

namespace martd::admin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOfHead = 64 << 10;
constexpr std::size_t kMostAtOnce = 64 << 10;

}  // namespace

std::string InnerRequest::Head::header(const std::string& lower_case) const {
  const auto found = headers.find(lower_case);
  return found == headers.end() ? std::string() : found->second;
}

InnerRequest::~InnerRequest() { ::close(descriptor_); }

void InnerRequest::cut() { ::shutdown(descriptor_, SHUT_RDWR); }

bool InnerRequest::send(std::string_view method, std::string_view target, const Headers& headers, std::string_view body,
                        std::chrono::milliseconds patience) {
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  for (const auto& [name, value] : headers) request.append(name).append(": ").append(value).append("\r\n");
  if (method == "POST") request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  request.append("\r\n").append(body);
  const auto until = Clock::now() + patience;
  for (std::string_view rest = request; !rest.empty();) {
    const ssize_t sent = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!await(descriptor_, POLLOUT, until)) return false;
    } else if (errno != EINTR) {
      // It may have been refused before all of it was sent: the answer is there to be read.
      return errno == EPIPE;
    }
  }
  return true;
}

InnerRequest::Read InnerRequest::read(std::string& into, std::chrono::milliseconds patience) {
  if (body_.done()) return Read::end;
  if (bytes_.empty() && !ended_) {
    if (!await(descriptor_, POLLIN, Clock::now() + patience)) return Read::nothing;
    std::array<char, 16 << 10> buffer;
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Read::nothing;
    if (got > 0) bytes_.append(buffer.data(), static_cast<std::size_t>(got));
    ended_ = got <= 0;
  }
  if (bytes_.empty()) return Read::end;
  std::string_view rest = std::string_view(bytes_).substr(0, kMostAtOnce);
  const std::size_t before = rest.size();
  const std::string_view piece = body_.next(rest);
  into.append(piece);
  bytes_.erase(0, before - rest.size());
  if (!piece.empty()) return Read::some;
  return body_.done() || !body_.wrong().empty() ? Read::end : Read::nothing;
}

std::optional<InnerRequest::Head> InnerRequest::read_head(std::chrono::milliseconds patience) {
  const auto until = Clock::now() + patience;
  std::string head;
  std::size_t end = std::string::npos;
  while ((end = head.find("\r\n\r\n")) == std::string::npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const Read read_more = read(head, std::max(left, std::chrono::milliseconds{0}));
    const bool late = read_more == Read::nothing && Clock::now() >= until;
    if (read_more == Read::end || late || head.size() > kMostOfHead) return std::nullopt;
  }
  bytes_ = head.substr(end + 4) + bytes_;
  head.resize(end + 4);

  wire::AnswerHead answer;
  if (wire::read_answer_head(head, answer)) return std::nullopt;
  Head read;
  read.status = answer.status;
  for (const wire::Field& field : answer.fields) {
    std::string name(field.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; });
    read.headers[name] = field.value;
  }
  if (answer.chunked) body_ = wire::BodyReader::chunked();
  if (answer.content_length) body_ = wire::BodyReader::length(*answer.content_length);
  if (read.status == 204 || read.status == 304) body_ = wire::BodyReader::none();
  return read;
}

bool InnerRequest::read_all(std::string& into, std::chrono::milliseconds patience) {
  const auto until = Clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const Read read_more = read(into, std::max(left, std::chrono::milliseconds{0}));
    if (read_more == Read::end) return body_.done() || body_.ends_with_connection();
    if (read_more == Read::nothing && Clock::now() >= until) return false;
  }
}

}  // namespace martd::admin
