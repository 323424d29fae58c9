#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <string>

namespace martd {

/// Bytes for the wire that several receivers of one loop share. Not for other threads: its count isn't atomic.
struct Frame : boost::intrusive_ref_counter<Frame, boost::thread_unsafe_counter> {
  std::string bytes;
  std::uint64_t mark = 0;  ///< what its maker notes of the bytes; whoever sends them doesn't look at it
};
using FramePtr = boost::intrusive_ptr<const Frame>;

}  // namespace martd
