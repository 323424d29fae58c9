#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "store/database.h"

namespace martd::store {

// For operators: a store is looked through, written out and read in again. What is wrong is a sentence.

struct Contents {
  std::uint64_t channels = 0;
  std::uint64_t messages = 0;
  std::uint64_t forgotten = 0;
};

/// Whether the file is whole, to SQLite (its integrity_check) and to us. Reads all of it; a server may be running.
std::variant<Contents, std::string> check_store(Database& database);

/// All of it as JSON lines (wire/store_line.h), to `write`, one picture even while a server is running. False from it
/// ends it: what is wrong is then the writer's to say.
std::variant<Contents, std::string> export_store(Database& database,
                                                 const std::function<bool(std::string_view)>& write);

/// The other way, into an empty store: all of it or nothing. The sentence names the line.
std::variant<Contents, std::string> import_store(Database& database, std::istream& lines);

}  // namespace martd::store
