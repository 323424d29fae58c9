#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string_view>

#include "wire/address.h"

namespace martd::http {

using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
using Message = Parser::value_type;
using Field = boost::beast::http::field;

/// What comes before and after the first `?` of a request's target; of an absolute-form one (RFC 9112 section 3.2.2),
/// what follows its authority.
struct Target {
  std::string_view path;
  std::string_view query;
};
Target split_target(std::string_view target);

/// One whole request, and whose it is. Views into a parser that outlives it.
struct Request {
  Message& message;
  const wire::Address& peer;  ///< of the connection

  std::string_view method() const { return message.method_string(); }
  std::string_view path;
  std::string_view query;

  std::string_view header(Field name) const { return message[name]; }
  bool http_1_0() const { return message.version() == 10; }

  Request(Message& from, const wire::Address& connection_peer);
};

}  // namespace martd::http
