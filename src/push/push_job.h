#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "push/attributes.h"
#include "push/claim.h"
#include "push/conditions.h"
#include "push/message.h"

namespace martd::push {

// What a hub is asked by those who publish, and what it answers.

enum class PushError : std::uint8_t {
  not_allowed,    ///< neither a right to push nor the key of the channel
  wrong_key,      ///< the channel has a key, and this isn't it
  not_newest,     ///< If-Match names another etag
  is_newest,      ///< If-None-Match names the newest etag
  not_empty,      ///< If-None-Match wants none kept, and the channel keeps a message
  not_all_empty,  ///< the same of one channel of several
  not_found,      ///< there is no such channel
  memory_full,    ///< --max-memory
  store_away,     ///< the store can't take it now
};

struct PushRefusal {
  PushError error;
  std::string channel;
  std::string why = {};  ///< store_away: what is wrong with it
};
/// Called by boost::system::result when a value is asked of a refusal: a programming error.
[[noreturn]] void throw_exception_from_error(const PushRefusal& refusal, const boost::source_location& where);

template <class T>
using PushResult = boost::system::result<T, PushRefusal>;

/// A push: to all of its channels or to none. It owns what it is about, as it may wait.
struct PushJob {
  ChannelNames channels;  ///< at least one; valid names, none twice
  Attributes attributes;  ///< within the limits; its key is not looked at, the claim's is
  ContentPtr content;
  std::unique_ptr<const PushConditions> conditions;  ///< null: none
  Claim claim;
};

struct Receipt {
  Etag etag;
  std::size_t subscribers;  ///< held now, after any evictions
  bool duplicate = false;   ///< nothing was published: this is what was, with the same id
};

/// In the order of the channels; nearly always one.
using Receipts = boost::container::small_vector<Receipt, 1>;

/// A clear: everything that the channel keeps goes.
struct ClearJob {
  std::string channel;
  Claim claim;
};

struct Cleared {
  Etag etag;  ///< the channel's newest; cursors stay valid
  std::size_t dropped;
};

/// What came of a push or of a clear, where that is told later.
struct PushAnswer {
  ChannelNames channels;  ///< of a push, in the order of the receipts
  std::variant<PushResult<Receipts>, PushResult<Cleared>> result;
};

/// A channel as those see it who may push there.
struct ChannelInfo {
  Attributes attributes;  ///< without the key
  std::size_t messages;   ///< with the empty ones
  std::size_t bytes;      ///< payloads
  std::size_t subscribers;
  Etag etag;
};

}  // namespace martd::push
