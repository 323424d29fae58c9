#include "fuzz.h"
#include "pages/content_coding.h"

using namespace martd;
using fuzz::hold;

/// The first byte says which coding, and how the rest is cut: once as bytes to decode, once as a text to encode.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto coding = static_cast<pages::Coding>(data[0] % 4);
  const std::size_t cut = data[0] / 4 + 1;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);

  const auto decode = [&](std::string_view rest, std::size_t step, std::string& text) {
    pages::Decoder decoder(coding);
    // What unpacks to more than this is not followed to its end.
    while (!rest.empty() && text.size() < 1 << 20) {
      std::string_view piece = rest.substr(0, step);
      rest.remove_prefix(piece.size());
      for (auto status = pages::Decoder::Status::more;
           status == pages::Decoder::Status::more && text.size() < 1 << 20;) {
        const std::size_t before = text.size();
        status = decoder.step(piece, text);
        hold(text.size() - before <= pages::Decoder::kPiece, "a piece is no longer than it may be");
        if (status == pages::Decoder::Status::corrupt) return false;
        if (status == pages::Decoder::Status::hungry) hold(piece.empty(), "all is taken");
      }
    }
    return decoder.whole();
  };

  std::string whole;
  std::string cut_up;
  const bool good = decode(bytes, std::string::npos, whole);
  const bool good_again = decode(bytes, cut, cut_up);
  if (whole.size() < 1 << 20 && cut_up.size() < 1 << 20 && good && good_again)
    hold(whole == cut_up, "however it is cut");

  pages::Encoder encoder(coding);
  std::string encoded;
  for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min(cut, rest.size()))) {
    encoder.write(rest.substr(0, cut), encoded);
    if (cut % 3 == 0) encoder.flush(encoded);
  }
  encoder.finish(encoded);
  std::string back;
  hold(decode(encoded, cut, back), "what was encoded is whole");
  hold(back == bytes, "what was encoded is decoded");
  return 0;
}
