#include "fault_disk.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <random>

namespace martd::store::test {

/// The functions that SQLite calls. One connection at a time is all that tests have: locks always succeed.
struct Layer {
  struct Handle {
    sqlite3_file base;
    FaultDisk* disk;
    FaultDisk::File* file;
    std::string* name;
    bool temporary;
  };

  static Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static FaultDisk& of(sqlite3_vfs* vfs) { return *static_cast<FaultDisk*>(vfs->pAppData); }

  static int close(sqlite3_file* file) {
    delete of(file).name;
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
    Handle& handle = of(file);
    const std::lock_guard lock(handle.disk->mutex_);
    const std::string& bytes = handle.file->bytes;
    const auto begin = std::min<std::size_t>(static_cast<std::size_t>(offset), bytes.size());
    const auto there = std::min<std::size_t>(static_cast<std::size_t>(amount), bytes.size() - begin);
    std::memcpy(into, bytes.data() + begin, there);
    if (there == static_cast<std::size_t>(amount)) return SQLITE_OK;
    std::memset(static_cast<char*>(into) + there, 0, static_cast<std::size_t>(amount) - there);
    return SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
    Handle& handle = of(file);
    const std::lock_guard lock(handle.disk->mutex_);
    bool partly = false;
    const int code = handle.disk->count(false, partly);
    if (code != SQLITE_OK && !partly) return code;
    const auto size = static_cast<std::size_t>(partly ? amount / 2 : amount);
    put(*handle.file, static_cast<std::size_t>(offset), std::string(static_cast<const char*>(from), size));
    return code;
  }

  static void put(FaultDisk::File& file, std::size_t offset, std::string bytes) {
    if (file.bytes.size() < offset + bytes.size()) file.bytes.resize(offset + bytes.size());
    file.bytes.replace(offset, bytes.size(), bytes);
    file.since.push_back({offset, std::move(bytes)});
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle& handle = of(file);
    const std::lock_guard lock(handle.disk->mutex_);
    handle.file->bytes.resize(static_cast<std::size_t>(size));
    return SQLITE_OK;
  }

  static int sync(sqlite3_file* file, int) {
    Handle& handle = of(file);
    const std::lock_guard lock(handle.disk->mutex_);
    bool partly = false;
    if (const int code = handle.disk->count(true, partly); code != SQLITE_OK) return code;
    ++handle.disk->syncs_;
    handle.file->synced = handle.file->bytes;
    handle.file->since.clear();
    return SQLITE_OK;
  }

  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    Handle& handle = of(file);
    const std::lock_guard lock(handle.disk->mutex_);
    *size = static_cast<sqlite3_int64>(handle.file->bytes.size());
    return SQLITE_OK;
  }

  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int reserved(sqlite3_file*, int* out) {
    *out = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector(sqlite3_file*) { return 512; }
  static int characteristics(sqlite3_file*) { return 0; }

  static int map(sqlite3_file* file, int region, int size, int, void volatile** out) {
    auto& regions = of(file).file->regions;
    while (regions.size() <= static_cast<std::size_t>(region))
      regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    *out = regions[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
  }
  static int shared_lock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void barrier(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }
  static int unmap(sqlite3_file* file, int) {
    of(file).file->regions.clear();
    return SQLITE_OK;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    static constexpr sqlite3_io_methods kMethods = {
        2,      close,           read, write,       truncate, sync,  file_size, lock,   lock, reserved, control,
        sector, characteristics, map,  shared_lock, barrier,  unmap, nullptr,   nullptr};
    FaultDisk& disk = of(vfs);
    const std::lock_guard guard(disk.mutex_);
    const std::string path = name ? name : "temporary";
    if (!disk.files_.contains(path) && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    Handle& handle = of(file);
    handle.base.pMethods = &kMethods;
    handle.disk = &disk;
    handle.file = &disk.files_[path];
    handle.name = new std::string(path);
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    FaultDisk& disk = of(vfs);
    const std::lock_guard lock(disk.mutex_);
    return disk.files_.erase(name) == 0 ? SQLITE_IOERR_DELETE_NOENT : SQLITE_OK;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int, int* out) {
    FaultDisk& disk = of(vfs);
    const std::lock_guard lock(disk.mutex_);
    *out = disk.files_.contains(name);
    return SQLITE_OK;
  }

  static int full_name(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }
};

FaultDisk::FaultDisk() {
  static std::atomic<int> made{0};
  name_ = "fault" + std::to_string(++made);
  const sqlite3_vfs& system = *sqlite3_vfs_find(nullptr);
  vfs_ = system;
  vfs_.iVersion = 1;
  vfs_.szOsFile = sizeof(Layer::Handle);
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Layer::open;
  vfs_.xDelete = Layer::remove;
  vfs_.xAccess = Layer::access;
  vfs_.xFullPathname = Layer::full_name;
  sqlite3_vfs_register(&vfs_, 0);
}

FaultDisk::~FaultDisk() { sqlite3_vfs_unregister(&vfs_); }

void FaultDisk::fail(Fault fault, std::uint64_t nth, std::uint64_t times) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  nth_ = nth;
  times_ = times;
  counted_ = 0;
}

std::uint64_t FaultDisk::counted() const {
  const std::lock_guard lock(mutex_);
  return counted_;
}

std::uint64_t FaultDisk::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

int FaultDisk::count(bool sync, bool& partly) {
  if (sync != (fault_ == Fault::sync_error)) return SQLITE_OK;
  const std::uint64_t number = counted_++;
  if (fault_ == Fault::none || number < nth_ || number - nth_ >= times_) return SQLITE_OK;
  partly = fault_ == Fault::short_write;
  switch (fault_) {
    case Fault::full:
      return SQLITE_FULL;
    case Fault::sync_error:
      return SQLITE_IOERR_FSYNC;
    default:
      return SQLITE_IOERR_WRITE;
  }
}

std::unique_ptr<FaultDisk> FaultDisk::image() const {
  auto copy = std::make_unique<FaultDisk>();
  const std::lock_guard lock(mutex_);
  for (const auto& [name, file] : files_) copy->files_[name] = {file.bytes, file.synced, file.since, {}};
  return copy;
}

void FaultDisk::cut_power(std::uint32_t seed) {
  const std::lock_guard lock(mutex_);
  std::minstd_rand random(seed);
  for (auto& [name, file] : files_) {
    file.bytes = file.synced;
    for (const File::Write& write : file.since) {
      if (random() % 2 == 0) continue;
      if (file.bytes.size() < write.offset + write.bytes.size()) file.bytes.resize(write.offset + write.bytes.size());
      file.bytes.replace(write.offset, write.bytes.size(), write.bytes);
    }
    file.since.clear();
    file.synced = file.bytes;
    file.regions.clear();
  }
}

void FaultDisk::damage(const std::string& file, std::size_t offset) {
  const std::lock_guard lock(mutex_);
  files_.at(file).bytes.at(offset) ^= 0x5A;
}

std::size_t FaultDisk::size(const std::string& file) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(file);
  return found == files_.end() ? 0 : found->second.bytes.size();
}

}  // namespace martd::store::test
