#include <boost/beast/http.hpp>

#include "base/ascii.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "wire/head_reader.h"
#include "wire/request_head.h"

using namespace martd;
using fuzz::hold;
namespace http = boost::beast::http;

namespace {

/// What a plain reader makes of an accepted head: lines ended by CR LF, names before the first colon.
void read_plainly(std::string_view head) {
  hold(head.ends_with("\r\n\r\n"), "the head is whole");
  for (std::size_t at = 0; at < head.size(); ++at) {
    if (head[at] == '\n') hold(at > 0 && head[at - 1] == '\r', "no bare LF");
    if (head[at] == '\r') hold(at + 1 < head.size() && head[at + 1] == '\n', "no bare CR");
    hold(head[at] != '\0', "no NUL");
  }
  int lengths = 0;
  int codings = 0;
  int hosts = 0;
  head.remove_suffix(2);
  const bool version_1_1 = fuzz::take(head).ends_with(" HTTP/1.1\r");
  while (!head.empty()) {
    const std::string_view line = fuzz::take(head);
    hold(line.size() > 1, "no empty line before the end");
    const std::string_view name = line.substr(0, line.find(':'));
    hold(name.size() < line.size() && name.find_first_of(" \t") == std::string_view::npos, "a name and a colon");
    hosts += iequals(name, "host") ? 1 : 0;
    lengths += iequals(name, "content-length") ? 1 : 0;
    codings += iequals(name, "transfer-encoding") ? 1 : 0;
  }
  hold(hosts == 1 || (hosts == 0 && !version_1_1), "one Host");
  hold(lengths + codings <= 1, "one way to tell the body's end");
}

/// Beast, which reads the head after the guard, sees the same in it.
void read_with_beast(std::string_view head) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(1 << 20);
  parser.skip(false);
  boost::system::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(head), error);
  if (error && error != http::error::need_more) return;  // stricter than we are: it will be refused
  hold(parser.is_header_done() && used == head.size(), "the head ends where Beast says it does");
  const auto& request = parser.get();
  const std::string_view line = head.substr(0, head.find('\r'));
  const std::string target(request.target());
  hold(line ==
           std::string(request.method_string()) + " " + target + (request.version() == 11 ? " HTTP/1.1" : " HTTP/1.0"),
       "the same request line");
  hold(!(parser.chunked() && parser.content_length()), "one way to tell the body's end, for Beast");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  const std::size_t end = wire::head_end(bytes);
  hold(end <= bytes.size(), "the end is within the bytes");
  for (std::size_t cut = 0; cut <= bytes.size() && cut < 200; ++cut) {
    const std::size_t before = wire::head_end(bytes.substr(0, cut));
    hold(before == (end != 0 && end <= cut ? end : 0), "the end is found with its last byte");
    if (before == 0) hold(wire::head_end(bytes, cut) == end, "the end is found from where the last look ended");
  }
  for (const std::string_view head : {bytes, bytes.substr(0, end)}) {
    wire::RequestHead read;
    if (const auto refusal = wire::read_request_head(head, 64, read)) {
      hold(refusal->status == 400 || refusal->status == 414 || refusal->status == 431, "a named refusal");
      hold(is_utf8(refusal->message) && refusal->message.size() < 400, "a short message");
    } else {
      hold(head.size() == end, "what is taken is one head");
      read_plainly(head);
      read_with_beast(head);
    }
  }
  return 0;
}
