#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/refusal.h"
#include "wire/fields.h"

namespace martd::wire {

/// Where the head of an HTTP/1 message ends: the count of its bytes with the empty line, or 0 while it is not whole.
/// Looks from `from` on (less three bytes), so that a head that comes in pieces isn't read again from its start. An
/// empty line after bare LFs is an end, too: such a head is refused at once by who reads it, not waited for.
std::size_t head_end(std::string_view bytes, std::size_t from = 0);

/// What the heads of requests and of answers have in common: lines that no two parsers read differently, and what the
/// fields say of the connection and the body. RFC 9112 sections 2.2, 5, 6 and 9.3. Refused with 400: bare CR or LF, NUL
/// and other controls, a folded line, space before a colon, an empty or malformed field name, two Content-Length (even
/// equal) or one that is not all digits, Content-Length beside Transfer-Encoding, a Transfer-Encoding other than
/// exactly `chunked` once, Transfer-Encoding in HTTP/1.0; with 431: more than 1000 fields.
///
/// `Lines::of_answer` takes more, as what a site writes comes from nobody who could hide a second request in it: lines
/// that end with LF alone (what a CGI script prints), blanks between a name and its colon, which are not part of the
/// field, and control bytes but NUL, CR and LF in values (RFC 9110 section 5.5, RFC 9112 sections 2.2 and 5.1).
class HeadReader {
 public:
  enum class Lines : std::uint8_t { of_request, of_answer };
  enum Part : std::uint8_t {
    kToken = 1,   ///< a method or a field's name
    kTarget = 2,  ///< a request target: also what should be percent-encoded and often isn't
    kValue = 4,   ///< a field's value
  };

  /// `head` is whole, with its empty line, and stays while it is read.
  explicit HeadReader(std::string_view head, Lines lines = Lines::of_request)
      : at_(head.data()), end_(head.data() + head.size()), lenient_(lines == Lines::of_answer) {}

  /// Whether a byte may be part of that.
  static bool is(char byte, Part part);

  std::string_view take(Part part);
  std::string_view take_target();
  /// What a status line says after its number (a field's value).
  std::string_view take_value();
  bool take_byte(char byte);
  /// `HTTP/1.0` or `HTTP/1.1`, as which a later 1.x is taken (RFC 9110 section 2.5); false, and nothing taken, where it
  /// is none.
  bool take_version();
  /// The message ends with its head whatever its fields say: a Content-Length or Transfer-Encoding is not read then,
  /// and refuses nothing (RFC 9112 section 6.3). Before read_fields().
  void has_no_body() { no_body_ = true; }
  /// The line ends here, or there is a byte that no line may have.
  std::optional<Refusal> take_line_end();
  /// All that follows the first line, and what only can be said with all fields seen.
  std::optional<Refusal> read_fields(Fields& fields);

  bool version_1_1() const { return version_1_1_; }
  const std::optional<std::string_view>& host() const { return host_; }
  /// It has a Transfer-Encoding, which is `chunked` where that is read.
  bool chunked() const { return transfer_encoding_.has_value(); }
  std::optional<std::uint64_t> content_length() const { return length_; }
  /// How often it has a Content-Length; more than two count as two.
  int lengths() const { return lengths_; }
  /// Whether the connection stays after this message, as far as its head says.
  bool keep_alive() const { return version_1_1_ ? !close_ : keep_alive_ && !close_; }
  /// `Connection: upgrade`.
  bool upgrade() const { return upgrade_; }

 private:
  /// Of the few fields that say how the message is read: what it says.
  std::optional<Refusal> note_field(const Field& field);
  /// Why no field stands here; `name_end` is behind what could have been its name.
  Refusal wrong_name(const char* name_end) const;
  /// Why the fields don't say where the body ends.
  std::optional<Refusal> check_framing();
  /// How long the line end is that stands there; 0: there is none.
  std::size_t line_end_at(const char* at) const;
  const char* past_value(const char* at) const;
  std::string_view rest() const { return {at_, end_}; }

  const char* at_;
  const char* const end_;
  const bool lenient_;
  bool no_body_ = false;
  std::uint8_t lengths_ = 0;  ///< of Content-Length, two at most
  bool version_1_1_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_ = false;
  std::optional<std::string_view> host_;
  std::optional<std::string_view> content_length_;
  std::optional<std::string_view> transfer_encoding_;
  std::optional<std::uint64_t> length_;
};

}  // namespace martd::wire
