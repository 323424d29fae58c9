#include "options/option_kinds.h"

#include <algorithm>

#include "options/option_table.h"
#include "wire/channel_list.h"

namespace martd {

std::string show_given(const OptionRow& row, const Options& options) {
  const auto given = options.given.find(row.text.name);
  if (given != options.given.end()) return kinds::show_texts(given->second);
  return row.text.default_value.empty() ? "none" : row.text.default_value;
}

namespace kinds {
namespace {

constexpr std::int64_t kMostHsts = 36500 * kDay;

std::vector<std::string_view> words_of(const OptionRow& row) {
  std::vector<std::string_view> words;
  for (std::string_view rest = row.text.form; !rest.empty();) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

}  // namespace

Complaint read_duration(const std::string& value, std::int64_t least, std::int64_t most, Duration& out) {
  const auto duration = parse_duration(value);
  if (!duration) return taken("not a duration", value, kDurationForms);
  if (duration->count() < least || duration->count() > most)
    return taken("out of range", value, duration_range(least, most));
  out = *duration;
  return {};
}

Complaint read_bytes(const std::string& value, std::uint64_t least, std::uint64_t most, std::uint64_t& out) {
  const auto bytes = parse_byte_size(value);
  if (!bytes) return taken("not a size", value, kByteSizeForms);
  if (*bytes < least || *bytes > most) return taken("out of range", value, byte_range(least, most));
  out = *bytes;
  return {};
}

Complaint read_count(const std::string& value, std::uint64_t least, std::uint64_t most, std::uint64_t& out) {
  const auto count = parse_count(value);
  if (!count || *count < least || *count > most)
    return taken(count ? "out of range" : "not a whole number", value, count_range(least, most));
  out = *count;
  return {};
}

std::string duration_range(std::int64_t least, std::int64_t most) {
  return format_duration(Duration(least)) + " to " + format_duration(Duration(most));
}

std::string byte_range(std::uint64_t least, std::uint64_t most) {
  return format_byte_size(least) + " to " + (most == kNoLimit ? "more" : format_byte_size(most));
}

std::string count_range(std::uint64_t least, std::uint64_t most) {
  return std::to_string(least) + " to " + std::to_string(most);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + text;
  return out;
}

std::string show_texts(const std::vector<std::string>& texts) {
  std::string out = joined(texts);
  return out.empty() ? "none" : out;
}

Complaint FlagValue::read(const OptionRow&, const Values&, bool& out) {
  out = true;
  return {};
}
std::string FlagValue::show(const OptionRow&, bool given) { return given ? "true" : "false"; }

Complaint TextValue::read(const OptionRow&, const Values& values, std::string& out) {
  out = values[0];
  return {};
}
std::string TextValue::show(const OptionRow&, const std::string& text) { return text.empty() ? "none" : text; }

Complaint SecretValue::read(const OptionRow&, const Values& values, std::string& out) {
  if (!valid_secret(values[0]))
    return "not a secret that can be sent (taken: up to 256 visible ASCII characters without \" , ; \\)";
  out = values[0];
  return {};
}
std::string SecretValue::show(const OptionRow&, const std::string& secret) { return secret.empty() ? "none" : "set"; }

Complaint FilesValue::read(const OptionRow&, const Values& values, std::vector<std::string>& out) {
  out = values;
  return {};
}
std::string FilesValue::show(const OptionRow&, const std::vector<std::string>& files) { return show_texts(files); }

Complaint AddressValue::read(const OptionRow&, const Values& values, std::vector<ListenAddress>& out) {
  out.clear();
  if (values.size() == 1 && values[0] == "none") return {};
  for (const std::string& value : values) {
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      const std::string piece = value.substr(begin, end - begin);
      const auto address = parse_listen_address(piece);
      if (!address) return taken("not an address to listen on", piece, kListenForms);
      out.push_back(*address);
      begin = end + 1;
    }
  }
  return {};
}

Complaint AddressValue::read(const OptionRow& row, const Values& values, std::optional<ListenAddress>& out) {
  std::vector<ListenAddress> addresses;
  if (Complaint complaint = read(row, values, addresses); !complaint.empty()) return complaint;
  if (addresses.size() > 1) return taken("more than one address", values[0], "one, or none");
  out.reset();
  if (!addresses.empty()) out = addresses[0];
  return {};
}

std::string AddressValue::show(const OptionRow&, const std::vector<ListenAddress>& addresses) {
  std::vector<std::string> texts;
  for (const ListenAddress& address : addresses) texts.push_back(to_string(address));
  return show_texts(texts);
}

std::string AddressValue::show(const OptionRow&, const std::optional<ListenAddress>& address) {
  return address ? to_string(*address) : "none";
}

Complaint HstsValue::read(const OptionRow&, const Values& values, std::optional<Duration>& out) {
  const auto duration = parse_duration(values[0]);
  if (!duration) return taken("not a duration", values[0], kDurationForms);
  if (duration->count() < 0 || duration->count() > kMostHsts) return taken("out of range", values[0], range());
  out = *duration;
  return {};
}
std::string HstsValue::show(const OptionRow&, const std::optional<Duration>& duration) {
  return duration ? format_duration(*duration) : "none";
}
std::string HstsValue::range() { return "0 to " + format_duration(Duration(kMostHsts)); }

Complaint PrefixValue::read(const OptionRow&, const Values& values, std::string& out) {
  auto prefix = parse_prefix(values[0]);
  if (!prefix) return taken("not a path", values[0], "/PATH of letters, digits and - . _ ~, as /push or /a/b");
  out = *std::move(prefix);
  return {};
}

Complaint SiteValue::read(const OptionRow&, const Values& values, std::optional<client::Site>& out) {
  auto site = client::Site::parse(values[0]);
  if (!site) return site.error().message;
  out = *std::move(site);
  return {};
}
std::string SiteValue::show(const OptionRow&, const std::optional<client::Site>& site) {
  return site ? site->url : "none";
}

Complaint ChannelsValue::read(const OptionRow&, const Values& values, std::vector<std::string>& out) {
  constexpr std::size_t kMostChannels = 100;
  std::string all;
  for (const std::string& value : values) (all += ',') += value;
  auto channels = wire::parse_channel_list(all, kMostChannels);
  if (!channels) return channels.error().message;
  out = *std::move(channels);
  return {};
}

std::optional<std::size_t> word_in(const OptionRow& row, std::string_view value) {
  const auto words = words_of(row);
  const auto found = std::find(words.begin(), words.end(), value);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

std::string word_at(const OptionRow& row, std::size_t index) { return std::string(words_of(row).at(index)); }

Complaint not_a_word(const OptionRow& row, std::string_view what, std::string_view value) {
  const auto words = words_of(row);
  std::string all;
  for (std::size_t i = 0; i < words.size(); ++i)
    all.append(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ").append(words[i]);
  return taken(what, value, all);
}

}  // namespace kinds
}  // namespace martd
