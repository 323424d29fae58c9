#include "server/sweeper.h"

#include "push/hub.h"

namespace martd {

void Sweeper::sweep() {
  if (stopped_) return;
  const Time now = loop_.now();
  if (!hub_.sweep(now)) return loop_.set(*this, now + kEvery);
  // Piece by piece, and what is ready is served between two of them.
  loop_.post([this] { sweep(); });
}

}  // namespace martd
