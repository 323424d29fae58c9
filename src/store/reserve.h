#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace martd::store {

/// Room on the disk that is kept for the day on which it is full: a file beside the store (`FILE.reserve`) whose blocks
/// are had, and nothing in it. On that day its room is lent to the write-ahead log, in which what is over can be
/// deleted then; without it a store that has filled its disk could not even do that. One thread at a time.
class Reserve {
 public:
  /// An empty name: there is none, and it is always held.
  explicit Reserve(std::string name = {}) : name_(std::move(name)) {}
  /// What was let go of or lent is taken back, as far as there is room: what had it is closed by then.
  ~Reserve();
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

  /// Has its room, where so many bytes are free beside it; else it has none, and stays as it is.
  bool hold(std::size_t beside);
  void release();
  /// Its room goes to a file of ours that is there, behind its end, before anybody else can have it.
  void lend(const std::string& file);
  /// Its size in bytes: an eighth of the disk, 256 KiB to 16 MiB, and once it was had, what it was then.
  std::size_t size() const { return size_; }

  static constexpr std::size_t kLeast = std::size_t{256} << 10;
  static constexpr std::size_t kMost = std::size_t{16} << 20;

 private:
  std::string name_;
  std::size_t size_ = kLeast;
  bool held_ = false;
  bool lent_ = false;
};

}  // namespace martd::store
