#include <algorithm>

#include "fuzz.h"
#include "net/tls_records.h"

using namespace martd;
using fuzz::hold;
using net::TlsRecords;
using Came = TlsRecords::Came;

namespace {

constexpr std::string_view kOne = "the secret of one direction, up to 48 bytes of it";
constexpr std::string_view kOther = "and that of the other one, which is as long as it";

/// What anybody may send: nothing of it opens.
void from_a_stranger(TlsRecords::Version version, TlsRecords::Suite suite, std::string bytes) {
  TlsRecords records(suite, {kOne}, {kOther}, TlsRecords::kRekeyAfter, version);
  std::string answer;
  const auto opened = records.open({bytes.data(), bytes.size()}, answer);
  hold(opened.came == Came::part || opened.came == Came::wrong, "what nobody sealed is not opened");
  hold(opened.data.empty(), "and nothing of it is shown");
  hold(answer.empty() == (opened.came == Came::part), "it is said why");
}

/// What a client that has the keys may send: records of any type, one for each line, the first byte being the type.
void from_a_client(TlsRecords::Version version, TlsRecords::Suite suite, std::string_view lines) {
  TlsRecords client(suite, {kOther}, {kOne}, TlsRecords::kRekeyAfter, version);
  TlsRecords server(suite, {kOne}, {kOther}, TlsRecords::kRekeyAfter, version);
  std::string begun;  // of a message that comes in several records
  while (!lines.empty()) {
    const std::string_view line = fuzz::take(lines).substr(0, 16384);
    const auto type = static_cast<TlsRecords::Type>(line.empty() ? 0 : line.front());
    const std::string_view content = line.empty() ? line : line.substr(1);
    std::string bytes;
    hold(client.seal(type, content, bytes), "it can be sealed");
    std::string answer;
    const auto opened = server.open({bytes.data(), bytes.size()}, answer);
    if (opened.came == Came::data) {
      // A type of zero is padding: what stands before it is type and content then.
      const bool same = type == TlsRecords::Type::data ? opened.data == content : content.starts_with(opened.data);
      hold(same && opened.used == bytes.size(), "as it was sealed");
    }
    if (opened.came == Came::nothing && type == TlsRecords::Type::handshake) begun += content;
    // Where keys have changed, the client would have changed its own. A type of zero may have hidden that.
    const bool changed = version == TlsRecords::Version::tls_1_3 && begun.size() >= 5;
    if (opened.came == Came::nothing && (changed || static_cast<int>(type) == 0)) return;
    if (opened.came == Came::end || opened.came == Came::wrong) return;
    hold(opened.came != Came::part, "it was whole");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto suite = static_cast<TlsRecords::Suite>(data[0] % 3);
  const auto version = data[0] / 3 % 2 == 0 ? TlsRecords::Version::tls_1_3 : TlsRecords::Version::tls_1_2;
  const std::string_view rest = fuzz::text(data + 1, size - 1);
  from_a_stranger(version, suite, std::string(rest));
  from_a_client(version, suite, rest);
  return 0;
}
