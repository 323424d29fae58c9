// What a request costs to be read: where its head ends, the head, the queries of /pub and /sub.

#include <string>
#include <string_view>

#include "operation.h"
#include "wire/head_reader.h"
#include "wire/publish_request.h"
#include "wire/request_head.h"
#include "wire/subscribe_request.h"

namespace micro {
namespace {

using namespace martd;

constexpr std::string_view kPublish =
    "POST /pub?channel=news HTTP/1.1\r\nHost: push.example:54321\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
    "Content-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n";

constexpr std::string_view kBrowser =
    "GET /sub?news=1763600000000000007&cid=0f8d3b1e HTTP/1.1\r\nHost: www.example\r\nConnection: keep-alive\r\n"
    "Cache-Control: no-cache\r\nsec-ch-ua: \"Chromium\";v=\"126\", \"Not A(Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
    "Safari/537.36\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\nAccept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: "
    "cors\r\n"
    "Sec-Fetch-Dest: empty\r\nReferer: https://www.example/prices\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\nCookie: session=2c1743a391305fbf367df8e4f069f9f9; theme=dark\r\n\r\n";

template <const std::string_view& kBytes>
Body end_of_head() {
  expect(wire::head_end(kBytes) == kBytes.size(), "head_end: elsewhere");
  return times([] {
    std::string_view bytes = kBytes;
    keep(bytes);
    keep(wire::head_end(bytes));
  });
}

template <const std::string_view& kBytes>
Body read_head() {
  wire::RequestHead head;
  expect(!wire::read_request_head(kBytes, 16384, head), "head: refused");
  return times([] {
    wire::RequestHead read;
    keep(wire::read_request_head(kBytes, 16384, read));
    keep(read);
  });
}

constexpr std::string_view kPlainPush = "channel=news";
constexpr std::string_view kFullPush = "channel=news&size=100&life=1h&expire=30&event=tick&id=order-4711-2&key=s3cret";

template <const std::string_view& kQuery>
Body parse_publish() {
  const wire::PublishLimits limits;
  expect(wire::parse_publish_request(kQuery, limits).has_value(), "publish: refused");
  return times([limits] { keep(wire::parse_publish_request(kQuery, limits)); });
}

constexpr std::string_view kOneWant = "news=1763600000000000007";
constexpr std::string_view kThreeWants =
    "news=1763600000000000007&prices%2Fabc=1763600000000000042&chat=now&cid=0f8d3b1e&.transport=sse";

template <const std::string_view& kQuery>
Body parse_subscribe() {
  const wire::SubscribeLimits limits;
  const wire::SubscribeHeaders headers{"application/json", {}, {}, false};
  expect(wire::parse_subscribe_request(kQuery, {}, headers, limits).has_value(), "subscribe: refused");
  return times([=] { keep(wire::parse_subscribe_request(kQuery, {}, headers, limits)); });
}

}  // namespace

std::vector<Operation> wire_operations() {
  return {
      {"head_end, curl's 170 B", end_of_head<kPublish>},
      {"head_end, a browser's 615 B", end_of_head<kBrowser>},
      {"read a head, curl's", read_head<kPublish>},
      {"read a head, a browser's", read_head<kBrowser>},
      {"query of /pub, a channel", parse_publish<kPlainPush>},
      {"query of /pub, all parameters", parse_publish<kFullPush>},
      {"query of /sub, a channel", parse_subscribe<kOneWant>},
      {"query of /sub, three channels", parse_subscribe<kThreeWants>},
  };
}

}  // namespace micro
