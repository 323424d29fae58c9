#include "net/record_socket.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace martd::net {
namespace {

constexpr std::size_t kMostRead = 64 * 1024;
/// Records in a row without anything for the program, within this time: nobody honest sends so many. Further apart they
/// cost nothing: a client on a long stream may change its keys for as long as it likes.
constexpr std::uint8_t kMostIdle = 32;
constexpr std::uint32_t kIdleMilliseconds = 1000;
/// One record of data, and answers of this layer that the peer asks for and doesn't read: nobody honest needs so many.
constexpr std::size_t kMostUnsent = 64 * 1024;

}  // namespace

IoResult RecordSocket::read(int descriptor, std::span<char> into, Time now) {
  if (opened_) {
    const std::size_t size = std::min(into.size(), opened_->size());
    std::copy_n(opened_->data(), size, into.data());
    opened_->erase(0, size);
    if (opened_->empty()) opened_.reset();
    return {Io::done, size};
  }
  thread_local std::vector<char> buffer(TlsRecords::kMostSealed + 256 + kMostRead);
  thread_local std::string out;
  for (;;) {
    if (failed_) return {Io::failed};
    if (ended_) return {Io::end};
    const std::size_t begun = part_ ? part_->size() : 0;
    const IoResult came = receive(descriptor, buffer.data() + begun, kMostRead);
    if (came.io == Io::end) return {Io::cut};
    if (came.io != Io::done) return came;
    if (begun > 0) std::memcpy(buffer.data(), part_->data(), begun);
    out.clear();
    const IoResult opened = open_all({buffer.data(), begun + came.bytes}, into, now, out);
    if (!out.empty() && !goodbye_) send_now(descriptor, out, 0);
    if (opened.bytes > 0) return opened;
  }
}

/// Whether it goes on like that.
bool RecordSocket::idles(Time now) {
  const auto milliseconds =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  if (idle_records_ == 0 || milliseconds - idle_since_ >= kIdleMilliseconds) {
    idle_records_ = 0;
    idle_since_ = milliseconds;
  }
  return ++idle_records_ > kMostIdle;
}

IoResult RecordSocket::open_all(std::span<char> came, std::span<char> into, Time now, std::string& out) {
  std::size_t at = 0;
  std::size_t taken = 0;
  while (at < came.size()) {
    const TlsRecords::Opened record = records_->open(came.subspan(at), out);
    if (record.came == TlsRecords::Came::part) break;
    at += record.used;
    failed_ = record.came == TlsRecords::Came::wrong;
    ended_ = record.came == TlsRecords::Came::end;
    if (failed_ || ended_) break;
    if (record.data.empty()) {
      if (!idles(now)) continue;
      records_->seal_alert(TlsRecords::Alert::unexpected_message, out);
      failed_ = true;
      break;
    }
    idle_records_ = 0;
    const std::size_t fitting = std::min(record.data.size(), into.size() - taken);
    std::copy_n(record.data.data(), fitting, into.data() + taken);
    taken += fitting;
    if (fitting == record.data.size()) continue;
    if (!opened_) opened_ = std::make_unique<std::string>();
    *opened_ += record.data.substr(fitting);
  }
  if (failed_ || ended_ || at == came.size()) {
    part_.reset();
  } else {
    part_ = std::make_unique<std::string>(came.data() + at, came.size() - at);
  }
  return {Io::done, taken};
}

IoResult RecordSocket::flush(int descriptor) {
  while (!unsent_->bytes.empty()) {
    const IoResult sent = send(descriptor, unsent_->bytes.data(), unsent_->bytes.size());
    if (sent.io != Io::done) return sent;
    unsent_->bytes.erase(0, sent.bytes);
  }
  return {Io::done, std::exchange(unsent_, nullptr)->plain};
}

void RecordSocket::send_now(int descriptor, std::string& sealed, std::size_t plain) {
  std::size_t gone = 0;
  if (!unsent_) {
    const IoResult sent = send(descriptor, sealed.data(), sealed.size());
    failed_ |= sent.io == Io::failed;
    gone = sent.bytes;
    if (failed_ || gone == sealed.size()) return;
    unsent_ = std::make_unique<Unsent>();
  }
  unsent_->bytes.append(sealed, gone);
  unsent_->plain += plain;
  failed_ |= unsent_->bytes.size() > kMostUnsent;
}

IoResult RecordSocket::write(int descriptor, std::string_view bytes) {
  std::size_t written = 0;
  if (unsent_) {
    const IoResult flushed = flush(descriptor);
    if (flushed.io != Io::done) return flushed;
    written = flushed.bytes;
  }
  thread_local std::string sealed;
  while (!failed_ && written < bytes.size()) {
    const std::string_view piece = bytes.substr(written, TlsRecords::kMostPlain);
    sealed.clear();
    failed_ = !records_->seal(TlsRecords::Type::data, piece, sealed);
    if (!failed_) send_now(descriptor, sealed, piece.size());
    if (unsent_) return written > 0 ? IoResult{Io::done, written} : IoResult{Io::again};
    written += piece.size();
  }
  return failed_ ? IoResult{Io::failed} : IoResult{Io::done, written};
}

bool RecordSocket::say_goodbye(int descriptor) {
  if (failed_) return true;
  if (!std::exchange(goodbye_, true)) {
    std::string sealed;
    records_->seal_alert(TlsRecords::Alert::close_notify, sealed);
    send_now(descriptor, sealed, 0);
  } else if (unsent_) {
    failed_ |= flush(descriptor).io == Io::failed;
  }
  return failed_ || !unsent_;
}

}  // namespace martd::net
