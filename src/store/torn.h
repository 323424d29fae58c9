#pragma once

#include "base/time.h"
#include "store/database.h"

namespace martd::store {

/// After a crash with `interval`, subscribers may have seen etags that are not on disk. Nobody knows which: every
/// channel begins a new life with the messages that it has, and every older cursor is told that it may have missed
/// something. Returns whether the file says that there was such a crash. What fails shows in the database.
bool begin_new_lives(Database& database, Time now);

}  // namespace martd::store
