#include "net/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

namespace martd::net {
namespace {

std::optional<TicketKeys::Key> made(Time now) {
  TicketKeys::Key key{};
  key.made = now;
  const auto fill = [](auto& bytes) { return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1; };
  if (!fill(key.name) || !fill(key.cipher) || !fill(key.mac)) return std::nullopt;
  return key;
}

}  // namespace

TicketKeys::Key::~Key() { OPENSSL_cleanse(this, sizeof *this); }

std::optional<TicketKeys::Key> TicketKeys::sealing(Time now) {
  const std::lock_guard lock(mutex_);
  if (now_ && !over(*now_, kLife, now)) return now_;
  auto fresh = made(now);
  if (!fresh) return std::nullopt;
  before_ = now_;
  now_ = fresh;
  return now_;
}

std::optional<TicketKeys::Found> TicketKeys::opening(std::span<const unsigned char> name, Time now) {
  const std::lock_guard lock(mutex_);
  for (const auto* kept : {&now_, &before_}) {
    const auto& key = *kept;
    if (!key || !std::equal(name.begin(), name.end(), key->name.begin(), key->name.end())) continue;
    if (over(*key, 2 * kLife, now)) return std::nullopt;
    return Found{*key, over(*key, kLife, now)};
  }
  return std::nullopt;
}

}  // namespace martd::net
