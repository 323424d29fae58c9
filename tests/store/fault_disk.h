#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace martd::store::test {

/// A disk in memory that SQLite writes to (its VFS interface), and that fails when it is told to.
///
/// It knows what was synced and what was only written: cut_power() takes back what was not, in part, as a real disk
/// does. A name of its own for each, so that tests run side by side.
class FaultDisk {
 public:
  enum class Fault : std::uint8_t {
    none,
    short_write,  ///< half of it is written, then an input/output error
    write_error,  ///< nothing is written
    full,         ///< the disk is full
    sync_error,   ///< it is written, and the sync fails
  };

  FaultDisk();
  ~FaultDisk();
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  const std::string& name() const { return name_; }

  /// The n-th operation of the fault's kind from now on fails, and the next `times - 1` after it. Any thread.
  void fail(Fault fault, std::uint64_t nth, std::uint64_t times = 1);
  void work() { fail(Fault::none, 0); }
  /// Operations of the kind that the armed fault counts, since fail().
  std::uint64_t counted() const;
  std::uint64_t syncs() const;

  /// Another disk with the same files, as they are now: what a process finds that comes after one that was killed.
  std::unique_ptr<FaultDisk> image() const;

  /// What was never synced is lost; of each file, as `seed` has it, some of the writes since its last sync got through.
  /// Nobody has a file open.
  void cut_power(std::uint32_t seed);

  /// Changes one byte of the file in its middle, as a failing disk does.
  void damage(const std::string& file, std::size_t offset);
  std::size_t size(const std::string& file) const;

  struct File {
    std::string bytes;
    std::string synced;  ///< as it is after a power cut
    struct Write {
      std::size_t offset;
      std::string bytes;
    };
    std::vector<Write> since;                      ///< writes since the last sync
    std::vector<std::unique_ptr<char[]>> regions;  ///< shared memory: the index of a log
  };

 private:
  friend struct Layer;
  int count(bool sync, bool& partly);

  std::string name_;
  sqlite3_vfs vfs_{};
  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  Fault fault_ = Fault::none;
  std::uint64_t nth_ = 0;
  std::uint64_t times_ = 0;
  std::uint64_t counted_ = 0;
  std::uint64_t syncs_ = 0;
};

}  // namespace martd::store::test
