#include "base/ascii.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "wire/answer_head.h"
#include "wire/head_reader.h"
#include "wire/proxy_headers.h"

using namespace martd;
using fuzz::hold;

namespace {

/// What a plain reader makes of an accepted head: lines ended by LF or CR LF, names before the first colon.
void read_plainly(std::string_view head, const wire::AnswerHead& read) {
  for (std::size_t at = 0; at < head.size(); ++at) {
    if (head[at] == '\r') hold(at + 1 < head.size() && head[at + 1] == '\n', "no bare CR");
    hold(head[at] != '\0', "no NUL");
  }
  const std::string_view first = fuzz::take(head);
  hold(first.starts_with("HTTP/1.") && first[7] >= '0' && first[7] <= '9', "the version");
  hold(read.http_1_0 == (first[7] == '0'), "only 1.0 is 1.0");
  hold(read.status >= 100 && read.status <= 999 && first.substr(9, 3) == std::to_string(read.status), "the status");
  std::size_t fields = 0;
  int framings = 0;
  while (head != "\r\n" && head != "\n") {
    const std::string_view line = fuzz::take(head);
    std::string_view name = line.substr(0, line.find(':'));
    hold(name.size() < line.size() && !name.empty() && name[0] != ' ' && name[0] != '\t', "a name and a colon");
    name = trim(name);
    hold(name.find_first_of(" \t") == name.npos, "the name is one word");
    if (iequals(name, "content-length") || iequals(name, "transfer-encoding")) {
      ++framings;
      if (read.no_body) continue;
    }
    hold(fields < read.fields.size() && read.fields[fields].name == name, "the fields are the lines, in order");
    ++fields;
  }
  hold(fields == read.fields.size(), "no field that isn't a line");
  hold(read.no_body == (read.status < 200 || read.status == 204 || read.status == 304), "who has no body");
  if (read.no_body) return hold(!read.chunked && !read.content_length, "no length of what isn't there");
  hold(framings <= 1, "one way to tell the body's end");
  hold(framings == (read.chunked ? 1 : 0) + (read.content_length ? 1 : 0), "and it is known");
}

/// What goes on to the client is a head that is taken again, without what a proxy takes off.
void pass_on(const wire::AnswerHead& read) {
  std::string passed = "HTTP/1.1 200 OK\r\n";
  wire::append_response_headers(read.fields, {read.status, "1.1", "close"}, passed);
  passed += "\r\n";
  wire::AnswerHead again;
  hold(!wire::read_answer_head(passed, again) || read.fields.size() > 990, "what is passed on can be read");
  for (const char* name : {"Transfer-Encoding", "Keep-Alive", "Martd-Publish", "Trailer"})
    hold(again.field(name).empty(), "what is taken off is off");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  const std::string_view head = bytes.substr(0, wire::head_end(bytes));
  for (const std::string_view text : {bytes, head}) {
    wire::AnswerHead read;
    if (const auto refusal = wire::read_answer_head(text, read)) {
      hold(is_utf8(refusal->message) && refusal->message.size() < 400, "a short message");
      continue;
    }
    hold(text.size() == head.size(), "what is taken is one head");
    read_plainly(text, read);
    pass_on(read);
  }
  return 0;
}
