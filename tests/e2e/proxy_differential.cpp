// A few hundred generated requests and answers, each sent through the server and straight to the site: what arrives is
// the same save for the headers that a proxy must change, and is what was generated. Read by code of the test's own.

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "proxy.h"

using namespace martd::test;

namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int number(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  bool chance(int percent) { return number(1, 100) <= percent; }
  template <class List>
  auto one_of(const List& list) {
    return list[static_cast<std::size_t>(number(0, static_cast<int>(std::size(list)) - 1))];
  }
  std::string text(std::string_view alphabet, int least, int most) {
    std::string text;
    for (int left = number(least, most); left > 0; --left) text += one_of(alphabet);
    return text;
  }
  std::string bytes(int most) {
    std::string bytes;
    for (int left = number(0, most); left > 0; --left) bytes += static_cast<char>(number(0, 255));
    return bytes;
  }
  Headers headers() {
    static constexpr std::string_view kName = "abcXYZ019-_!#$%&'*+.^`|~";
    static constexpr std::string_view kValue = "abc XYZ\t019\"',;:=()<>@[]{}?/\\\x80\xFF";
    Headers headers;
    for (int left = number(0, 12); left > 0; --left) {
      std::string value = text(kValue, 0, 40);
      value.erase(0,
                  value.find_first_not_of(" \t") == std::string::npos ? value.size() : value.find_first_not_of(" \t"));
      while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
      headers.emplace_back("X-" + text(kName, 1, 12), value);
    }
    if (chance(20)) headers.emplace_back("Accept-Encoding", "gzip, br");
    if (chance(20)) headers.emplace_back("Range", "bytes=0-99");
    if (chance(20)) headers.emplace_back("Cookie", "a=b; c=\"d\"");
    if (chance(20)) headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    return headers;
  }
  /// `body` cut into chunks, some with a lengthy size.
  std::string chunks(std::string_view body) {
    std::string out;
    while (!body.empty()) {
      const auto size = std::min<std::size_t>(body.size(), static_cast<std::size_t>(number(1, 3000)));
      char digits[32];
      std::snprintf(digits, sizeof digits, one_of(std::vector<const char*>{"%zx", "%zX", "%08zx"}), size);
      out += digits;
      // What is skipped on the way.
      if (chance(20)) out += one_of(std::vector<std::string>{" ", "\t  ", ";a", " ; a = b", ";a=\"b;\\\"c\""});
      out += "\r\n";
      out += body.substr(0, size);
      out += "\r\n";
      body.remove_prefix(size);
    }
    return out + (chance(20) ? "0\r\nX-Trailer: dropped\r\n\r\n" : "0\r\n\r\n");
  }

 private:
  std::mt19937 random_;
};

/// Those that the server says for itself are taken out; what is left must be what was sent.
Headers without(const Headers& headers, const std::vector<std::string>& names) {
  Headers left;
  for (const auto& header : headers)
    if (std::find(names.begin(), names.end(), header.first) == names.end()) left.push_back(header);
  return left;
}

std::string lines(const Headers& headers) {
  std::string text;
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text;
}

/// A request or an answer, its trailer fields dropped.
struct Message {
  std::string line;
  Headers headers;
  std::string body;

  bool has(const std::string& name) const {
    return std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  }
};

Message read_message(Connection& from) {
  Message message;
  std::size_t length = 0;
  for (std::string line : lines_of(from.read_until("\r\n\r\n"))) {
    line.pop_back();
    if (line.empty()) break;
    if (message.line.empty()) {
      message.line = line;
      continue;
    }
    const auto colon = line.find(':');
    const auto begin = line.find_first_not_of(' ', colon + 1);
    message.headers.emplace_back(line.substr(0, colon), begin == std::string::npos ? "" : line.substr(begin));
    if (message.headers.back().first == "Content-Length") length = std::stoul(message.headers.back().second);
  }
  if (!message.has("Transfer-Encoding")) {
    message.body = from.read_exactly(length);
    return message;
  }
  while (const std::size_t size = std::stoul(from.read_until("\r\n"), nullptr, 16)) {
    message.body += from.read_exactly(size);
    CHECK(from.read_exactly(2) == "\r\n");
  }
  while (from.read_until("\r\n") != "\r\n") {
  }
  return message;
}

/// `bytes` in two pieces: how they came must make no difference.
void send_cut(Connection& to, const std::string& bytes, std::size_t cut) {
  to.send(bytes.substr(0, cut)).send(bytes.substr(cut));
}

const std::vector<std::string> kAddedToRequests = {"Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
                                                   "Via",  "Content-Length",  "Transfer-Encoding"};
const std::vector<std::string> kAddedToAnswers = {"Via", "Content-Length", "Transfer-Encoding"};

}  // namespace

TEST_SUITE_BEGIN("proxy differential");

TEST_CASE_FIXTURE(ProxyTest, "what arrives is what was sent, save for the headers of the hop") {
  Generator random(20251120);
  constexpr std::string_view kToken = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz0129!#$%&'*+-.^_`|~";
  constexpr std::string_view kTarget = "abc/XYZ019-._~!$&'()*+,;=:@%?[]\"<>\\^`{|}\x80\xFF";
  Connection client = this->client();
  Connection behind = [&] {
    client.ask("GET", "/first");
    Connection first = site.accept();
    read_request(first);
    first.send(answer_with("first"));
    client.read_answer();
    return first;
  }();
  Connection straight(Endpoint{"127.0.0.1", site.port()});
  Connection there = site.accept();
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    // --- the request ---
    std::string method = random.chance(60) ? "POST" : random.text(kToken, 1, 12);
    if (method == "HEAD" || method == "CONNECT") method = "GET";
    const std::string target = "/x" + random.text(kTarget, 0, 60);
    const Headers headers = random.headers();
    const std::string body = random.chance(70) ? random.bytes(8000) : std::string();
    const bool in_chunks = random.chance(40);
    std::string message = method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + lines(headers);
    if (in_chunks)
      message += "Transfer-Encoding: chunked\r\n\r\n" + random.chunks(body);
    else if (!body.empty() || random.chance(50))
      message += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    else
      message += "\r\n";
    const auto cut = static_cast<std::size_t>(random.number(0, static_cast<int>(message.size())));
    send_cut(client, message, cut);
    send_cut(straight, message, cut);
    const Message asked = read_message(behind);
    const Message plain = read_message(there);
    CHECK(asked.line == plain.line);
    CHECK(asked.line == method + " " + target + " HTTP/1.1");
    CHECK(without(asked.headers, kAddedToRequests) == without(plain.headers, kAddedToRequests));
    CHECK(without(asked.headers, kAddedToRequests) == headers);
    CHECK(std::count(asked.headers.begin(), asked.headers.end(), std::pair<std::string, std::string>{"Host", "x"}) ==
          1);
    for (const char* framing : {"Transfer-Encoding", "Content-Length"}) CHECK(asked.has(framing) == plain.has(framing));
    CHECK(asked.body == plain.body);
    CHECK(asked.body == body);

    // --- the answer ---
    const int status = random.one_of(std::vector<int>{200, 201, 206, 301, 404, 418, 500, 599, 999});
    const std::string reason = random.text("abc XYZ", 0, 20);
    const Headers told = random.headers();
    const std::string content = random.bytes(9000);
    std::string said = "HTTP/1.1 " + std::to_string(status) + " " + reason + "\r\n" + lines(told);
    if (random.chance(50))
      said += "Transfer-Encoding: chunked\r\n\r\n" + random.chunks(content);
    else
      said += "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content;
    const auto where = static_cast<std::size_t>(random.number(0, static_cast<int>(said.size())));
    send_cut(behind, said, where);
    send_cut(there, said, where);
    const Message came = read_message(client);
    const Message known = read_message(straight);
    CHECK(came.line == known.line);
    CHECK(came.line == "HTTP/1.1 " + std::to_string(status) + " " + reason);
    CHECK(without(came.headers, kAddedToAnswers) == without(known.headers, kAddedToAnswers));
    CHECK(without(came.headers, kAddedToAnswers) == told);
    for (const char* framing : {"Transfer-Encoding", "Content-Length"}) CHECK(came.has(framing) == known.has(framing));
    CHECK(came.body == known.body);
    CHECK(came.body == content);
  }
  CHECK_FALSE(site.pending());
}

TEST_SUITE_END();
