#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "net/io_result.h"
#include "net/tls_records.h"

namespace martd::net {

/// Reads and writes the records of an established TLS connection. Reading and writing as Socket has it. It doesn't
/// own the descriptor. It holds no buffer but for a record of which a part has come, or a part has gone.
class RecordSocket {
 public:
  explicit RecordSocket(std::unique_ptr<TlsRecords> records) : records_(std::move(records)) {}

  IoResult read(int descriptor, std::span<char> into, Time now);
  IoResult write(int descriptor, std::string_view bytes);
  /// The peer is told that no more comes. False: the socket doesn't take it now; to be called again when it does.
  bool say_goodbye(int descriptor);

 private:
  /// Sealed, and not taken by the socket yet.
  struct Unsent {
    std::string bytes;
    std::size_t plain = 0;  ///< how many bytes of the caller's it carries
  };

  IoResult open_all(std::span<char> came, std::span<char> into, Time now, std::string& out);
  bool idles(Time now);
  IoResult flush(int descriptor);
  void send_now(int descriptor, std::string& sealed, std::size_t plain);

  std::unique_ptr<TlsRecords> records_;
  std::unique_ptr<std::string> part_;    ///< of records that have not come whole, or not been opened
  std::unique_ptr<std::string> opened_;  ///< what there was no room for
  std::unique_ptr<Unsent> unsent_;
  std::uint32_t idle_since_ = 0;  ///< milliseconds of the loop's clock, as far as they fit: when the first of them came
  std::uint8_t idle_records_ = 0;  ///< in a row that brought nothing, within a second
  bool ended_ = false;
  bool failed_ = false;
  bool goodbye_ = false;  ///< said, or on its way
};

}  // namespace martd::net
