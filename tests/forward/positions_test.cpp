// Where the channels of a page stand.

#include "forward/positions.h"

#include <doctest/doctest.h>

using namespace martd;
using forward::Positions;

namespace {

constexpr Time kNow{std::chrono::hours{500000}};

struct PositionsTest {
  push::Hub hub{kNow};
  forward::Settings settings;

  Result<Positions> look_up(std::initializer_list<std::string_view> lines) {
    wire::RequestHead head;
    for (const std::string_view line : lines) head.fields.push_back({"Martd-Channels", line});
    return Positions::look_up(head, settings, hub, kNow);
  }
};

}  // namespace

TEST_CASE_FIXTURE(PositionsTest, "positions: nobody asked, nothing is told") {
  const Positions positions = *look_up({});
  std::string head;
  positions.append_lines(head);
  CHECK(head.empty());
  CHECK(positions.text().empty());
}

TEST_CASE_FIXTURE(PositionsTest, "positions: the request's channels come first, then those of --snapshot, each once") {
  settings.snapshot = {"site", "news"};
  const Positions positions = *look_up({"news, a%26b", "news"});
  const std::string& text = positions.text();
  CHECK(text.starts_with("news="));
  CHECK(text.find("&a%26b=") < text.find("&site="));
  CHECK(text.find("news=", 1) == std::string::npos);
  std::string head;
  positions.append_lines(head);
  CHECK(head == "Martd-Cursor: " + text + "\r\nServer-Timing: martd;desc=\"" + text + "\"\r\n");
}

TEST_CASE_FIXTURE(PositionsTest,
                  "positions: what is no name of a channel is refused, more than are taken are left out") {
  CHECK(look_up({"news, %"}).error().message.starts_with("Martd-Channels: "));
  settings.subscribe.max_channels = 1;
  CHECK(look_up({"a, b"})->text().find('&') == std::string::npos);
}

TEST_CASE_FIXTURE(PositionsTest, "positions: a head keeps to 8 KiB with them; of the last channels nothing is told") {
  std::string many;
  for (int i = 0; i < 900; ++i) many += "channel" + std::to_string(i) + ",";
  for (const std::size_t size : {std::size_t{0}, std::size_t{300}, std::size_t{7900}, std::size_t{8192}}) {
    CAPTURE(size);
    Positions positions = *look_up({many});
    const std::string all = positions.text();
    positions.fit(size);
    CHECK(all.starts_with(positions.text()));
    CHECK_FALSE(positions.text().ends_with('&'));
    std::string head(size, 'x');
    positions.append_lines(head);
    head += "\r\n";
    CHECK(head.size() <= std::max<std::size_t>(8192, size + 2));
    if (size < 7000) CHECK(head.size() > 8192 - 100);
  }
}
