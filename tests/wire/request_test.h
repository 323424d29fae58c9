#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "wire/head_reader.h"
#include "wire/request.h"

namespace martd::wire::test {

/// A request as the parser gives it.
class Asked {
 public:
  explicit Asked(const std::string& text, const char* peer = "127.0.0.1") : text_(text), peer_(*parse_address(peer)) {
    const std::size_t end = head_end(text_);
    if (const auto refusal = read_request_head(std::string_view(text_).substr(0, end), 16384, head_))
      throw std::runtime_error("not a whole request: " + refusal->message);
    request_ = std::make_unique<Request>(head_, std::string_view(text_).substr(end), peer_);
  }
  const Request& operator*() const { return *request_; }
  const Request* operator->() const { return request_.get(); }

 private:
  const std::string text_;
  RequestHead head_;
  Address peer_;
  std::unique_ptr<Request> request_;
};

inline Asked get(const std::string& target, const std::string& headers = {}, const char* peer = "127.0.0.1") {
  return Asked("GET " + target + " HTTP/1.1\r\nHost: site.example\r\n" + headers + "\r\n", peer);
}

inline Asked post(const std::string& target, const std::string& body, const std::string& headers = {}) {
  return Asked("POST " + target + " HTTP/1.1\r\nHost: site.example\r\n" + headers +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace martd::wire::test
