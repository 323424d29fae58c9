#include "store/torn.h"

#include <algorithm>
#include <cstdint>

#include "push/etag.h"
#include "store/write_queue.h"

namespace martd::store {

bool begin_new_lives(Database& db, Time now) {
  if (db.one("SELECT value FROM meta WHERE name='torn'") != 1) return false;
  const auto ceiling = db.one("SELECT value FROM meta WHERE name='ceiling'").value_or(0);
  const auto highest = db.one(
                             "SELECT max(origin + max(count, coalesce("
                             "(SELECT max(number) FROM messages WHERE channel=channels.id), 0))) FROM channels")
                           .value_or(0);
  const auto recent =
      db.one("SELECT max(origin + number) FROM recent JOIN channels ON channels.id=channel").value_or(0);
  const auto clock = static_cast<std::int64_t>(value(push::origin_at(now)));
  const std::int64_t origin =
      std::max({clock, ceiling, std::max(highest, recent) + static_cast<std::int64_t>(2 * WriteQueue::kMost)}) + 1;
  db.run("BEGIN IMMEDIATE");
  Statement(
      db, "UPDATE channels SET before_origin=origin, before_last=?1, before_lost=?1, origin=?1 WHERE forgotten IS NULL")
      .bind(1, origin)
      .run();
  db.run("DELETE FROM channels WHERE forgotten IS NOT NULL");
  Statement(db, "UPDATE meta SET value=?1 WHERE name IN ('doubt','ceiling')").bind(1, origin).run();
  db.run("UPDATE meta SET value=0 WHERE name='torn'; COMMIT");
  return !db.failed();
}

}  // namespace martd::store
