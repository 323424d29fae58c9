#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace martd::push {

/// A channel's name with its hash, so that this is reckoned once for all that is done with it in one request. A view of
/// the name, made from it where one is asked for.
struct ChannelKey {
  std::string_view name;
  std::size_t hash;

  // NOLINTBEGIN(google-explicit-constructor): whoever has a name has its key.
  ChannelKey(std::string_view text) : name(text), hash(std::hash<std::string_view>{}(text)) {}
  ChannelKey(const std::string& text) : ChannelKey(std::string_view(text)) {}
  ChannelKey(const char* text) : ChannelKey(std::string_view(text)) {}
  // NOLINTEND(google-explicit-constructor)
  /// `known`: that of `text`.
  ChannelKey(std::string_view text, std::size_t known) : name(text), hash(known) {}
};

}  // namespace martd::push
