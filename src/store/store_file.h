#pragma once

#include <optional>
#include <string>
#include <variant>

#include "push/store.h"
#include "store/database.h"

namespace martd::store {

/// The right to write a store's file, for this process alone, which the system lets go of however the process ends.
/// Readers need none. Two locks (flock): one on the file itself, whatever names it has and wherever it is mounted; and
/// one on `FILE.lock` beside it, as the write-ahead log goes by the name and would be shared by a file that takes the
/// place of a deleted one.
class StoreLock {
 public:
  /// What is wrong, as a sentence, where another process holds it or there can be none. The file is there, and SQLite
  /// has not opened it in this process yet: its own locks are gone when a descriptor of the file is closed. So it must
  /// outlive the database.
  static std::variant<StoreLock, std::string> acquire(const std::string& file);
  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

 private:
  StoreLock(int name, int file) : name_(name), file_(file) {}
  int name_;
  int file_;
};

/// The file's own name, by whatever symbolic links it is called: what stands beside it is found by that.
std::string real_name(const std::string& file);

/// Whether the file alone is mounted (`docker run -v push.db:/data/push.db`), without its folder: what SQLite keeps
/// beside it would then be elsewhere, and gone with the container. What is wrong, as a sentence.
std::optional<std::string> check_mount(const std::string& file);

/// Makes sure that the file is there, for its owner only: it has the keys of channels. What is wrong, as a sentence.
std::optional<std::string> make_file(const std::string& file);

/// Gives all of it in one pass, holding no more than a message at a time and the few that are recent. What is wrong, as
/// a sentence: the reader's, or the file's. The tables are there.
std::optional<std::string> read_store(Database& database, push::StoreReader& reader);

}  // namespace martd::store
