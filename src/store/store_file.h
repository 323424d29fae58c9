#pragma once

#include <optional>
#include <string>
#include <variant>

#include "push/store.h"
#include "store/database.h"

namespace martd::store {

/// The right to write a store's file, for this process alone: a lock on `FILE.lock` beside it, which the system lets go
/// of however the process ends. Readers need none.
class StoreLock {
 public:
  /// What is wrong, as a sentence, where another process holds it or there can be none.
  static std::variant<StoreLock, std::string> take(const std::string& file);
  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

 private:
  explicit StoreLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Makes sure that the file is there, for its owner only: it has the keys of channels. What is wrong, as a sentence.
std::optional<std::string> make_file(const std::string& file);

/// Gives all of it in one pass, holding no more than a message at a time and the few that are recent. What is wrong, as
/// a sentence: the reader's, or the file's. The tables are there.
std::optional<std::string> read_store(Database& database, push::StoreReader& reader);

}  // namespace martd::store
