#include "http/access_log.h"

#include <algorithm>

namespace martd::http {

AccessRecord::AccessRecord(std::string_view method, std::string_view path)
    : method_(method), path_(path), began_(std::chrono::steady_clock::now()) {}

void AccessRecord::begin_answer(std::size_t ahead) {
  answering_ = true;
  ahead_ = ahead;
}

void AccessRecord::sent(std::string_view bytes) {
  if (!answering_) return;
  const std::size_t before = std::min(ahead_, bytes.size());
  ahead_ -= before;
  bytes.remove_prefix(before);
  bytes_ += bytes.size();
  // `HTTP/1.1 200 `
  if (status_ != 0 || bytes.size() < 12 || !bytes.starts_with("HTTP/1.")) return;
  const auto digit = [&](std::size_t at) { return bytes[at] - '0'; };
  const int status = digit(9) * 100 + digit(10) * 10 + digit(11);
  if (status >= 200 && status <= 999) status_ = status;
}

void AccessRecord::tell(const AccessLog& log, const wire::Address& peer) const {
  log({peer, method_, path_, status_, bytes_, upstream_, std::chrono::steady_clock::now() - began_});
}

}  // namespace martd::http
