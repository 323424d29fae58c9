#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace martd::tools {

/// Where a server is: `http://localhost:54321`, `https://push.example/prefix`.
struct ServerAddress {
  bool tls = false;
  std::string host;  ///< IPv6 without its brackets
  std::uint16_t port = 0;
  std::string prefix;            ///< what stands before /pub and /sub; no `/` at its end
  std::string authorities = {};  ///< a file of the certificates to trust, PEM; empty: the system's, or SSL_CERT_FILE's
};

std::optional<ServerAddress> parse_server(std::string_view url);
inline constexpr std::string_view kServerForms = "http://HOST[:PORT][/PREFIX] or https://…";

struct ClientRequest {
  std::string method;
  std::string target;  ///< percent-encoded, without the prefix
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// What came of a request.
struct Answer {
  /// How far it came. The order is that of `problem`'s texts.
  enum class Reached : std::uint8_t {
    nothing,    ///< no connection
    untrusted,  ///< its certificate isn't valid for it, or no authority that is trusted signed it
    broken,     ///< connected, and no whole answer
    silent,     ///< a stream that said nothing for too long
    answered,   ///< the rest of this is there
  };
  Reached reached = Reached::nothing;
  int status = 0;
  std::string content_type;
  std::string body;                     ///< at most 64 KiB of it; none where it was streamed
  std::optional<Duration> retry_after;  ///< as the server asked
  bool streamed = false;

  /// Why there is no answer, or the server's own words (`error` of its JSON) with the status.
  std::string problem() const;
};

/// Gets the bytes of a stream as they come, on the thread that called follow().
struct StreamReceiver {
  /// The head of its answer is there.
  virtual void opened() = 0;
  /// False: enough, the stream is closed.
  virtual bool received(std::string_view bytes) = 0;
  /// How long the stream may say nothing before it is given up. Asked before it begins and after each received().
  virtual Duration patience() const = 0;

 protected:
  ~StreamReceiver() = default;
};

/// Whether the certificate of an https server has to be valid for it and signed by an authority that is trusted.
enum class Certificate : std::uint8_t { verified, any };

/// A connection to a server, kept between requests and made anew where it broke. One thread at a time. Blocks.
class ServerClient {
 public:
  explicit ServerClient(const ServerAddress& address, Certificate certificate = Certificate::verified);
  ~ServerClient();
  ServerClient(const ServerClient&) = delete;
  ServerClient& operator=(const ServerClient&) = delete;

  /// At most 30 s for each part of an answer.
  Answer ask(const ClientRequest& request);
  /// A body of type application/x-ndjson with status 200 goes to `receiver`; any other answer is as ask() gives it.
  Answer follow(const ClientRequest& request, StreamReceiver& receiver);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace martd::tools
