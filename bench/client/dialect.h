#pragma once

#include <string>
#include <string_view>

namespace bench {

/// c0, c1, c2…
inline std::string channel_name(std::size_t number) { return std::string(1, 'c').append(std::to_string(number)); }

/// Where a long-poll client stands, as the server told it.
struct Cursor {
  std::string etag;
  std::string last_modified;
};

/// How a server under test is spoken to. The headers are those of a plain client, the same for all.
class Dialect {
 public:
  /// martd (also the floor and the httplib server, which copy its interface), nchan or pushpin.
  explicit Dialect(std::string_view name);

  /// From now on, or after the message `last_id` where that is not empty.
  std::string stream(std::string_view channel, std::string_view last_id) const;
  /// From now on, or after the cursor where it is not empty.
  std::string poll(std::string_view channel, const Cursor& cursor) const;
  /// A poll that the server is not to answer for as long as it ever holds one.
  std::string long_held_poll(std::string_view channel) const;
  std::string publish(std::string_view channel, std::string_view payload) const;

 private:
  enum class Name { martd, nchan, pushpin };

  Name name_;
};

}  // namespace bench
