#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <vector>

#include "push/ending_note.h"

namespace martd::follow {

using push::EndingNote;

/// The last subscriptions of one loop that ended otherwise than by a message or the end of a wait. Who was closed by
/// the server is kept apart from who went by itself: a crowd that goes doesn't push the others out. On the loop's
/// thread.
class EndingLog {
 public:
  static constexpr std::size_t kKept = 100;  ///< of each sort

  /// Not for Ending::waited, which is how most polls end.
  void add(EndingNote note);
  /// In no order.
  std::vector<EndingNote> notes() const;

 private:
  boost::circular_buffer<EndingNote> closed_{kKept};
  boost::circular_buffer<EndingNote> gone_{kKept};
};

}  // namespace martd::follow
