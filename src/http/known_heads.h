#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace martd::http {

/// The header lines of a long-poll's request that was read in full and had nothing in them that changes what is asked.
/// One copy for all connections of a loop that send the same ones.
struct KnownHead : boost::intrusive_ref_counter<KnownHead, boost::thread_unsafe_counter> {
  std::string lines;  ///< what follows the request line, with the empty line at the end
};
using KnownHeadPtr = boost::intrusive_ptr<const KnownHead>;

/// A client that polls sends the same header lines again and again, and only its etag changes. Lines that are byte for
/// byte those that were checked and parsed before need neither again. Bounded; not thread-safe: one a loop.
class KnownHeads {
 public:
  static constexpr std::size_t kMost = 1024;     ///< different ones in the table
  static constexpr std::size_t kLongest = 4096;  ///< bytes of one

  /// Null where they are too long to be worth it.
  KnownHeadPtr remember(std::string_view lines);

 private:
  std::unordered_map<std::string_view, KnownHeadPtr> table_;  ///< the keys are views into the values
};

}  // namespace martd::http
