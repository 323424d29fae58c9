#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/io_result.h"
#include "net/tls_records.h"

namespace martd::net {

/// Reads and writes the records of an established TLS connection. Reading and writing as Socket has it. It doesn't
/// own the descriptor. It holds no buffer but for a record of which a part has come, or a part has gone.
class RecordSocket {
 public:
  explicit RecordSocket(std::unique_ptr<TlsRecords> records) : records_(std::move(records)) {}

  IoResult read(int descriptor, std::span<char> into);
  IoResult write(int descriptor, std::string_view bytes);
  /// The peer is told that no more comes.
  void say_goodbye(int descriptor);

 private:
  /// Sealed, and not taken by the socket yet.
  struct Unsent {
    std::string bytes;
    std::size_t plain = 0;  ///< how many bytes of the caller's it carries
  };

  IoResult open_all(std::span<char> came, std::span<char> into, std::string& out);
  IoResult flush(int descriptor);
  void send_now(int descriptor, std::string& sealed, std::size_t plain);

  std::unique_ptr<TlsRecords> records_;
  std::unique_ptr<std::string> part_;    ///< of records that have not come whole, or not been opened
  std::unique_ptr<std::string> opened_;  ///< what there was no room for
  std::unique_ptr<Unsent> unsent_;
  std::uint8_t idle_records_ = 0;  ///< in a row that brought nothing
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace martd::net
