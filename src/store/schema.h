#pragma once

#include <optional>
#include <string>

#include "store/database.h"

namespace martd::store {

/// What tells our files from other SQLite files: `mrtd`.
inline constexpr std::int64_t kApplicationId = 0x6D727464;

/// The version that this program writes. It reads older ones by migrating them.
std::int64_t newest_schema();

/// Makes the tables in an empty file; brings an older file up to the newest version, each step in a transaction.
/// `birth`: what a new file knows nothing of: every etag up to it is in doubt. What is wrong, as a sentence.
std::optional<std::string> migrate(Database& database, std::uint64_t birth);

/// Whether it is one of our files, of the newest version. What is wrong, as a sentence.
std::optional<std::string> check_schema(Database& database);

}  // namespace martd::store
