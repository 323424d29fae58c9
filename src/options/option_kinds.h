#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "options/option_kind.h"

namespace martd::kinds {

// The kinds of options: `duration<kSecond, kHour, &Options::grace>` is the field `grace`, a duration between these.
// To add a kind: what reads and shows its values, and a line at the end.

inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr std::int64_t kSecond = 1000 * kMillisecond;
inline constexpr std::int64_t kHour = 3600 * kSecond;
inline constexpr std::int64_t kDay = 24 * kHour;
inline constexpr std::uint64_t kKilobyte = 1024;
inline constexpr std::uint64_t kMegabyte = 1024 * kKilobyte;
inline constexpr std::uint64_t kGigabyte = 1024 * kMegabyte;
inline constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

// Each reads a value within bounds; on a complaint nothing is changed.
Complaint read_duration(const std::string& value, std::int64_t least, std::int64_t most, Duration& out);
Complaint read_bytes(const std::string& value, std::uint64_t least, std::uint64_t most, std::uint64_t& out);
Complaint read_count(const std::string& value, std::uint64_t least, std::uint64_t most, std::uint64_t& out);
std::string duration_range(std::int64_t least, std::int64_t most);
std::string byte_range(std::uint64_t least, std::uint64_t most);
std::string count_range(std::uint64_t least, std::uint64_t most);

/// Several values as one, with commas between; `show_texts`: `none` where there are none.
std::string joined(const std::vector<std::string>& texts);
std::string show_texts(const std::vector<std::string>& texts);

template <std::int64_t Least, std::int64_t Most>
struct DurationValue {
  static Complaint read(const OptionRow&, const Values& values, Duration& out) {
    return read_duration(values[0], Least, Most, out);
  }
  static std::string show(const OptionRow&, Duration duration) { return format_duration(duration); }
  static std::string range() { return duration_range(Least, Most); }
};

template <std::uint64_t Least, std::uint64_t Most>
struct BytesValue {
  static Complaint read(const OptionRow&, const Values& values, auto& out) {
    std::uint64_t bytes = out;
    Complaint complaint = read_bytes(values[0], Least, Most, bytes);
    out = static_cast<std::remove_reference_t<decltype(out)>>(bytes);
    return complaint;
  }
  static std::string show(const OptionRow&, std::uint64_t bytes) { return format_byte_size(bytes); }
  static std::string range() { return byte_range(Least, Most); }
};

template <std::uint64_t Least, std::uint64_t Most>
struct CountValue {
  static Complaint read(const OptionRow&, const Values& values, auto& out) {
    std::uint64_t count = out;
    Complaint complaint = read_count(values[0], Least, Most, count);
    out = static_cast<std::remove_reference_t<decltype(out)>>(count);
    return complaint;
  }
  static std::string show(const OptionRow&, std::uint64_t count) { return std::to_string(count); }
  static std::string range() { return count_range(Least, Most); }
};

/// The value is `true`: what is false isn't given.
struct FlagValue {
  static Complaint read(const OptionRow&, const Values& values, bool& out);
  static std::string show(const OptionRow&, bool given);
};

struct TextValue {
  static Complaint read(const OptionRow&, const Values& values, std::string& out);
  static std::string show(const OptionRow&, const std::string& text);
};

/// What a header and a cookie carry; never repeated.
struct SecretValue {
  static Complaint read(const OptionRow&, const Values& values, std::string& out);
  static std::string show(const OptionRow&, const std::string& secret);
};

/// A name for each value, in the order of `--help`.
struct FilesValue {
  static Complaint read(const OptionRow&, const Values& values, std::vector<std::string>& out);
  static std::string show(const OptionRow&, const std::vector<std::string>& files);
};

/// `none` alone, or addresses, several in one value at commas; for an optional one address.
struct AddressValue {
  static Complaint read(const OptionRow&, const Values& values, std::vector<ListenAddress>& out);
  static Complaint read(const OptionRow&, const Values& values, std::optional<ListenAddress>& out);
  static std::string show(const OptionRow&, const std::vector<ListenAddress>& addresses);
  static std::string show(const OptionRow&, const std::optional<ListenAddress>& address);
};

/// How long browsers are told to come by https only.
struct HstsValue {
  static Complaint read(const OptionRow&, const Values& values, std::optional<Duration>& out);
  static std::string show(const OptionRow&, const std::optional<Duration>& duration);
  static std::string range();
};

/// A path that others begin with, without its last `/`.
struct PrefixValue {
  static Complaint read(const OptionRow&, const Values& values, std::string& out);
  static std::string show(const OptionRow& row, const std::string& prefix) { return TextValue::show(row, prefix); }
};

struct SiteValue {
  static Complaint read(const OptionRow&, const Values& values, std::optional<client::Site>& out);
  static std::string show(const OptionRow&, const std::optional<client::Site>& site);
};

/// Names of channels, percent-encoded.
struct ChannelsValue {
  static Complaint read(const OptionRow&, const Values& values, std::vector<std::string>& out);
  static std::string show(const OptionRow&, const std::vector<std::string>& channels) { return show_texts(channels); }
};

/// One list, read by the field's own type, whose complaints are passed on.
struct ListValue {
  template <class T>
  static Complaint read(const OptionRow&, const Values& values, T& out) {
    auto parsed = T::parse(joined(values));
    if (!parsed) return parsed.error().message;
    out = *std::move(parsed);
    return {};
  }
};

// A row's form has the words of an enumeration, in its order: `text|json`.
std::optional<std::size_t> word_in(const OptionRow& row, std::string_view value);
std::string word_at(const OptionRow& row, std::size_t index);
Complaint not_a_word(const OptionRow& row, std::string_view what, std::string_view value);

/// One of an enumeration's words. `What` begins the complaint about another.
template <const auto& What>
struct ChoiceValue {
  template <class E>
  static Complaint read(const OptionRow& row, const Values& values, E& out) {
    const auto index = word_in(row, values[0]);
    if (!index) return not_a_word(row, What, values[0]);
    out = static_cast<E>(*index);
    return {};
  }
  template <class E>
  static std::string show(const OptionRow& row, E value) {
    return word_at(row, static_cast<std::size_t>(value));
  }
};

inline constexpr char kNotALevel[] = "not a level";
inline constexpr char kNotAFormat[] = "not a format";
inline constexpr char kNotKnown[] = "not known";

// What the rows name, with the path to their field.
template <std::int64_t Least, std::int64_t Most, auto... Path>
inline constexpr Kind duration = kind_of<DurationValue<Least, Most>, Field<Path...>>();
template <std::uint64_t Least, std::uint64_t Most, auto... Path>
inline constexpr Kind bytes = kind_of<BytesValue<Least, Most>, Field<Path...>>();
template <std::uint64_t Least, std::uint64_t Most, auto... Path>
inline constexpr Kind count = kind_of<CountValue<Least, Most>, Field<Path...>>();
template <auto... Path>
inline constexpr Kind flag = kind_of<FlagValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind text = kind_of<TextValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind secret = kind_of<SecretValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind files = kind_of<FilesValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind address = kind_of<AddressValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind hsts = kind_of<HstsValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind prefix = kind_of<PrefixValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind site = kind_of<SiteValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind channels = kind_of<ChannelsValue, Field<Path...>>();
template <auto... Path>
inline constexpr Kind list = kind_of<ListValue, Field<Path...>>();
template <const auto& What, auto... Path>
inline constexpr Kind choice = kind_of<ChoiceValue<What>, Field<Path...>>();

}  // namespace martd::kinds
