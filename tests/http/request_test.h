#pragma once

#include <boost/asio/buffer.hpp>
#include <memory>
#include <string>

#include "http/request.h"

namespace martd::http::test {

/// A request as the parser gives it.
class Asked {
 public:
  explicit Asked(const std::string& text, const char* peer = "127.0.0.1") : peer_(*wire::parse_address(peer)) {
    parser_.eager(true);
    boost::system::error_code error;
    parser_.put(boost::asio::buffer(text), error);
    if (error || !parser_.is_done()) throw std::runtime_error("not a whole request: " + error.message());
    request_ = std::make_unique<Request>(parser_.get(), peer_);
  }
  const Request& operator*() const { return *request_; }
  const Request* operator->() const { return request_.get(); }

 private:
  Parser parser_;
  wire::Address peer_;
  std::unique_ptr<Request> request_;
};

inline Asked get(const std::string& target, const std::string& headers = {}, const char* peer = "127.0.0.1") {
  return Asked("GET " + target + " HTTP/1.1\r\nHost: site.example\r\n" + headers + "\r\n", peer);
}

inline Asked post(const std::string& target, const std::string& body, const std::string& headers = {}) {
  return Asked("POST " + target + " HTTP/1.1\r\nHost: site.example\r\n" + headers +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace martd::http::test
