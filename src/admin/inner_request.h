#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/under_way.h"
#include "wire/body_reader.h"

namespace martd::admin {

/// One request to the public side of this very server, as a client sends it, on a connection inside the process
/// (PublicSide::connect). So what an operator publishes and follows goes the way that everybody's goes. Blocking, for
/// one thread; every wait is bounded.
class InnerRequest {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Head {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string header(const std::string& lower_case) const;
  };

  /// Takes over the descriptor, which is non-blocking.
  explicit InnerRequest(int descriptor) : descriptor_(descriptor) {}
  ~InnerRequest();
  InnerRequest(const InnerRequest&) = delete;
  InnerRequest& operator=(const InnerRequest&) = delete;

  /// False: the other side took no more of it within `patience`.
  bool send(std::string_view method, std::string_view target, const Headers& headers, std::string_view body,
            std::chrono::milliseconds patience);
  /// Returns nullopt if no whole head came within `patience`, or the connection ended before.
  std::optional<Head> read_head(std::chrono::milliseconds patience);

  enum class Read : std::uint8_t {
    some,     ///< appended
    nothing,  ///< none came within the patience
    end,      ///< of the body
  };
  /// More of the body, which begins where the head ended.
  Read read(std::string& into, std::chrono::milliseconds patience);
  /// All of it. False: it didn't come whole within `patience`.
  bool read_all(std::string& into, std::chrono::milliseconds patience);

  /// Ends it: what has come can still be read, nothing is waited for. Any thread.
  void cut();

 private:
  int descriptor_;
  std::string bytes_;  ///< received and not yet given away
  wire::BodyReader body_ = wire::BodyReader::until_close();
  bool ended_ = false;
};

using InnerRequests = UnderWay<InnerRequest>;

}  // namespace martd::admin
