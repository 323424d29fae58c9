#include "follow/ending_log.h"

#include <utility>

#include "push/ending.h"

namespace martd::follow {

void EndingLog::add(EndingNote note) {
  (note.ending == push::Ending::hung_up ? gone_ : closed_).push_back(std::move(note));
}

std::vector<EndingNote> EndingLog::notes() const {
  std::vector<EndingNote> all(closed_.begin(), closed_.end());
  all.insert(all.end(), gone_.begin(), gone_.end());
  return all;
}

}  // namespace martd::follow
