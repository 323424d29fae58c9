#include "admin/channel_reports.h"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "push/ending.h"

namespace martd::admin {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{std::chrono::milliseconds{1763600000250}};

push::ChannelRow row(std::string name) {
  push::ChannelRow made;
  made.name = std::move(name);
  made.messages = 3;
  made.bytes = 30;
  made.subscribers = 2;
  made.etag = push::Etag{17};
  made.last = kNow;
  made.attributes.life = 1500ms;
  return made;
}

push::SubscriberInfo subscriber(std::string address, Time since) {
  push::SubscriberInfo info;
  info.address = std::move(address);
  info.transport = "sse";
  info.since = since;
  info.channel = "news";
  info.cursor = push::Etag{15};
  info.messages = 2;
  info.seat = 9;
  return info;
}

TEST_CASE("channel reports: a page, and where the next one begins") {
  push::ChannelPage page{{row("a"), row("b \"\n\xE2\x82\xAC")}, true};
  page.rows[1].keyed = true;
  page.rows[1].last.reset();
  const auto json = boost::json::parse(channel_page_json(page, 12));
  const auto& rows = json.at("channels").as_array();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("channel").as_string() == "a");
  CHECK(rows[0].at("subscribers").to_number<int>() == 2);
  CHECK(rows[0].at("etag").as_string() == "17");
  CHECK(rows[0].at("life").to_number<double>() == 1.5);
  CHECK(rows[0].at("last").to_number<double>() == 1763600000.25);
  CHECK(rows[0].at("keyed").as_bool() == false);
  CHECK(rows[1].at("keyed").as_bool());
  CHECK_FALSE(rows[1].as_object().contains("last"));
  CHECK(json.at("total").to_number<int>() == 12);
  CHECK(json.at("more").as_bool());
  CHECK(json.at("after").as_string() == "b \"\n\xE2\x82\xAC");
  CHECK_FALSE(boost::json::parse(channel_page_json({}, 0)).as_object().contains("after"));
}

TEST_CASE("channel reports: one channel, its backlog and who sits there") {
  push::ChannelDetail detail{row("news"), {}};
  auto* content = new push::Content;
  content->payload = "hello";
  content->content_type = "text/\xFFplain";
  content->id = "7";
  content->expire = 500ms;
  detail.messages.push_back(push::Message{push::Etag{17}, kNow, push::ContentPtr(content)});
  const Gathered<push::SubscriberInfo> seats{{subscriber("192.0.2.1", kNow), subscriber("192.0.2.2", kNow)}, {1}};
  const auto json = boost::json::parse(channel_json(detail, seats, 1));
  const auto& message = json.at("backlog").at(0);
  CHECK(message.at("etag").as_string() == "17");
  CHECK(message.at("bytes").to_number<int>() == 5);
  CHECK(message.at("published").to_number<double>() == 1763600000.25);
  CHECK(message.at("expires").to_number<double>() == 1763600000.75);
  CHECK(message.at("type").as_string() == "text/\xEF\xBF\xBDplain");
  CHECK(message.at("id").as_string() == "7");
  CHECK_FALSE(message.as_object().contains("event"));
  CHECK(json.at("backlog_more").as_bool());
  REQUIRE(json.at("seats").as_array().size() == 1);
  const auto& seat = json.at("seats").at(0);
  CHECK(seat.at("address").as_string() == "192.0.2.1");
  CHECK(seat.at("transport").as_string() == "sse");
  CHECK(seat.at("seat").to_number<int>() == 9);
  CHECK(seat.at("messages_behind").to_number<int>() == 2);
  CHECK_FALSE(seat.as_object().contains("cid"));
  CHECK(json.at("seats_more").as_bool());
  CHECK(json.at("silent_loops").at(0).to_number<int>() == 1);
}

TEST_CASE("channel reports: subscribers and endings of all loops, the newest first") {
  const auto subscribers = boost::json::parse(subscribers_json(
      {{subscriber("old", kNow - 1h), subscriber("new", kNow), subscriber("older", kNow - 2h)}, {}}, 2));
  REQUIRE(subscribers.at("subscribers").as_array().size() == 2);
  CHECK(subscribers.at("subscribers").at(0).at("address").as_string() == "new");
  CHECK(subscribers.at("more").as_bool());
  CHECK(subscribers.at("silent_loops").as_array().empty());
  push::EndingNote first{kNow - 1s, push::Ending::kicked, "192.0.2.1", "x", "poll", "news", 3, kNow - 1min};
  push::EndingNote second{kNow, push::Ending::hung_up, "192.0.2.2", "", "sse", "", 0, kNow};
  const auto endings = boost::json::parse(endings_json({{first, second}, {}}));
  CHECK(endings.at("endings").at(0).at("ending").as_string() == "hung_up");
  CHECK(endings.at("endings").at(1).at("ending").as_string() == "kicked");
  CHECK(endings.at("endings").at(1).at("cid").as_string() == "x");
  CHECK(endings.at("endings").at(1).at("channels").to_number<int>() == 3);
}

// The order of the members and the decimals of times are read by people, and by scripts that have no parser.
TEST_CASE("channel reports: their bytes") {
  push::ChannelPage page{{row("a \"")}, false};
  constexpr std::string_view kRow =
      R"({"channel":"a \"","subscribers":2,"messages":3,"bytes":30,"size":10,"life":1.500,"one2one":false,)"
      R"("keyed":false,"etag":"17","last":1763600000.250)";
  constexpr std::string_view kSeat =
      R"({"address":"192.0.2.1","cid":"\u0085\u2028","transport":"sse","since":1763600000.250,"channel":"news",)"
      R"("channels":0,"seat":9,"etag":"15","messages_behind":2,"bytes_waiting":0,"from_backlog":false})";
  CHECK(channel_page_json({}, 0) == "{\"channels\":[],\"total\":0,\"more\":false}\n");
  CHECK(channel_page_json(page, 1) == "{\"channels\":[" + std::string(kRow) + "}],\"total\":1,\"more\":false}\n");
  page.rows.push_back(page.rows.front());
  page.more = true;
  CHECK(channel_page_json(page, 3) == "{\"channels\":[" + std::string(kRow) + "}," + std::string(kRow) +
                                          "}],\"total\":3,\"more\":true,\"after\":\"a \\\"\"}\n");

  push::ChannelDetail detail{page.rows.front(), {}};
  auto* content = new push::Content;
  content->payload = "hello";
  content->event = "tick";
  detail.messages.push_back(push::Message{push::Etag{17}, kNow, push::ContentPtr(content)});
  push::SubscriberInfo seat = subscriber("192.0.2.1", kNow);
  seat.cid = "\xC2\x85\xE2\x80\xA8";
  CHECK(
      channel_json(detail, {{seat, seat}, {0, 3}}, 1) ==
      std::string(kRow) +
          R"(,"backlog":[{"etag":"17","bytes":5,"published":1763600000.250,"expires":1763600001.750,"event":"tick"}],)"
          R"("backlog_more":true,"seats":[)" +
          std::string(kSeat) + "],\"seats_more\":true,\"silent_loops\":[0,3]}\n");
  CHECK(subscribers_json({{seat}, {}}, 1) ==
        "{\"subscribers\":[" + std::string(kSeat) + "],\"more\":false,\"silent_loops\":[]}\n");
  const push::EndingNote note{kNow, push::Ending::kicked, "192.0.2.1", "x", "poll", "news", 3, kNow - 1min};
  CHECK(endings_json({{note}, {2}}) ==
        R"({"endings":[{"at":1763600000.250,"ending":"kicked","address":"192.0.2.1","cid":"x","transport":"poll",)"
        R"("channel":"news","channels":3,"since":1763599940.250}],"silent_loops":[2]})"
        "\n");
}

}  // namespace
}  // namespace martd::admin
