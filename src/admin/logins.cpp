#include "admin/logins.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "push/attributes.h"

namespace martd::admin {

std::string Logins::open(Time now) {
  std::array<unsigned char, 32> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) throw std::runtime_error("no random bytes");
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string value;
  for (const unsigned char byte : random) {
    value += kDigits[byte >> 4];
    value += kDigits[byte & 15];
  }
  if (open_.size() == kMost) open_.pop_front();
  open_.push_back({value, now + kLife});
  return value;
}

bool Logins::known(std::string_view value, Time now) const {
  bool found = false;
  for (const Login& login : open_) found |= push::same_secret(value, login.value) && now < login.until;
  return found;
}

void Logins::close(std::string_view value) {
  std::erase_if(open_, [&](const Login& login) { return push::same_secret(value, login.value); });
}

std::string_view cookie_in(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto semicolon = std::min(header.find(';'), header.size());
    std::string_view pair = header.substr(0, semicolon);
    header.remove_prefix(std::min(semicolon + 1, header.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return {};
}

}  // namespace martd::admin
