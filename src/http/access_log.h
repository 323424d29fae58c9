#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "wire/address.h"

namespace martd::http {

/// One request that is over. Views are valid during the call. The query is not here: keys stand in it.
struct AccessEntry {
  const wire::Address& peer;  ///< of the connection
  std::string_view method;    ///< as it came; `-` where nothing could be read
  std::string_view path;      ///< as it came, without the query; `-` likewise
  int status = 0;             ///< 0: the connection was gone before an answer began
  std::uint64_t bytes = 0;    ///< of the answer, its head too, as far as it was sent or queued
  std::string_view upstream;  ///< where it was forwarded to, `127.0.0.1:3000`; empty: it was not
  Duration took{};            ///< from the end of its head to the end of its answer; of a stream, its whole life
};

/// Called once for each request, when it is over, on the thread of its loop. Must not throw.
using AccessLog = std::function<void(const AccessEntry&)>;

/// What is noted of one request from its head to the end of its answer, where there is an access log.
///
/// Who answers need not know of it, but for where a request was forwarded to: a Session notes what goes through its
/// put() and offer() from begin_answer() on, and ends the record when the request was answered or the connection
/// closed.
class AccessRecord {
 public:
  AccessRecord(std::string_view method, std::string_view path);

  /// From here on what is sent is its answer, but for `ahead` bytes that are still to go out before.
  void begin_answer(std::size_t ahead);
  /// Bytes of the answer in their order. The status is read from the first of them; interim ones (1xx) are passed over.
  void sent(std::string_view bytes);
  /// Where an interim answer and the final one are sent in one piece.
  void set_status(int status) { status_ = status; }
  void set_upstream(std::string address) { upstream_ = std::move(address); }

  void tell(const AccessLog& log, const wire::Address& peer) const;

 private:
  std::string method_;
  std::string path_;
  std::string upstream_;
  std::chrono::steady_clock::time_point began_;
  std::size_t ahead_ = 0;
  std::uint64_t bytes_ = 0;
  int status_ = 0;
  bool answering_ = false;
};

}  // namespace martd::http
