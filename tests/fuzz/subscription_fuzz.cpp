#include <algorithm>

#include "fuzz.h"
#include "tools/subscription.h"
#include "wire/subscribe_request.h"

using namespace martd;
using fuzz::hold;

/// The first byte: how what follows is cut into pieces. The rest is what a server sends to somebody who follows two
/// channels.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 32;
  const std::string_view text = fuzz::text(data + 1, size - 1);

  tools::LineCutter whole;
  tools::LineCutter cut;
  hold(whole.add(text), "so much is no line that is too long");
  std::vector<std::string> expected;
  for (std::optional<std::string_view> line; (line = whole.next());) expected.emplace_back(*line);
  hold(expected.size() == static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), "a line for each end");

  tools::Subscription subscription({"news", "a b&c"}, {"now", "0"}, "me");
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    cut.add(text.substr(at, piece));
    for (std::optional<std::string_view> line; (line = cut.next()); ++lines) {
      hold(lines < expected.size() && *line == expected[lines], "however it comes, the lines are the same");
      const auto said = subscription.read(*line);
      if (const auto* message = std::get_if<tools::MessageLine>(&said))
        hold(message->channel == "news" || message->channel == "a b&c", "a message of a channel that is followed");
    }
  }
  hold(lines == expected.size(), "all of them");

  subscription.settle(text);
  hold(subscription.channels() == 2, "it follows what it followed");
  const auto asked = wire::parse_subscribe_request(subscription.query(), {}, {}, {});
  hold(asked && asked->wants.size() == 2 && asked->wants[0].channel == "news" && asked->wants[1].channel == "a b&c" &&
           asked->cid == "me",
       "it can always come back with what it asks");
  return 0;
}
