#include "base/utf8.h"
#include "fuzz.h"
#include "wire/address.h"
#include "wire/forwarded_headers.h"

using namespace martd;
using fuzz::hold;

/// The lines of the input are those of the headers, and an address or a set each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text(data, size);
  static const wire::AddressSet trusted = wire::AddressSet::parse("10.0.0.0/8,fd00::/8").value();
  static const auto proxy = boost::asio::ip::make_address("10.0.0.1");
  static const auto client = boost::asio::ip::make_address("9.9.9.9");
  std::vector<std::string_view> lines = fuzz::split(input);

  for (const std::string_view line : lines) {
    if (const auto address = wire::parse_address(line))
      hold(wire::parse_address(address->to_string()) == address, "an address is read back");
    const auto set = wire::AddressSet::parse(line);
    if (set) {
      hold(!set->contains(client) || !set->empty(), "an empty set has nobody");
    } else {
      hold(is_utf8(set.error().message) && set.error().message.size() < 400, "a short message");
    }
  }

  const auto by_x = wire::effective_peer(proxy, lines, {}, trusted);
  const auto by_forwarded = wire::effective_peer(proxy, {}, lines, trusted);
  const auto by_both = wire::effective_peer(proxy, lines, lines, trusted);
  hold(!by_both || (by_both == by_x && by_both == by_forwarded), "both headers agree or it is nobody");
  if (!lines.empty())
    hold(!wire::effective_peer(client, lines, {}, trusted) && !wire::effective_peer(client, {}, lines, trusted),
         "nobody believes one who isn't trusted");

  // Whatever a client sends, what the proxy adds decides, or nothing does.
  std::vector<std::string_view> added = lines;
  added.push_back("9.9.9.9");
  hold(wire::effective_peer(proxy, added, {}, trusted) == client, "an added line of X-Forwarded-For decides");
  added.back() = "for=9.9.9.9";
  hold(wire::effective_peer(proxy, {}, added, trusted) == client, "an added line of Forwarded decides");
  const std::string last(lines.empty() ? std::string_view() : lines.back());
  const std::string x = last + ", 9.9.9.9";
  added = lines;
  if (added.empty()) added.emplace_back();
  added.back() = x;
  hold(wire::effective_peer(proxy, added, {}, trusted) == client, "an added element of X-Forwarded-For decides");
  for (const char* element : {", for=9.9.9.9", ", for=\"9.9.9.9:80\"", ",by=\"[fd00::1]\";for=9.9.9.9;proto=https"}) {
    const std::string line = last + element;
    added.back() = line;
    const auto peer = wire::effective_peer(proxy, {}, added, trusted);
    hold(!peer || peer == client, "an added element of Forwarded can't be hidden");
  }
  return 0;
}
