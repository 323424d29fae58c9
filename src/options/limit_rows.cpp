#include "options/option_groups.h"
#include "options/option_kinds.h"

namespace martd {
namespace {

/// One option for two limits.
constexpr Kind max_channels = kind_of<kinds::CountValue<1, 100'000>,  //
                                      Field<&Options::publish, &wire::PublishLimits::max_channels>,
                                      Field<&Options::subscribe, &wire::SubscribeLimits::max_channels>>();

}  // namespace

std::vector<OptionRow> limit_rows() {
  using namespace kinds;
  using O = Options;
  return {
      {.text = {.name = "heartbeat",
                .form = "DURATION",
                .help = "silence after which a stream gets a sign of life",
                .more = "time-outs of proxies have to be longer"},
       .kind = duration<100 * kMillisecond, kHour, &O::heartbeat>},
      {.text = {.name = "grace", .form = "DURATION", .help = "time for requests under way when stopping"},
       .kind = duration<0, kHour, &O::grace>},
      {.text = {.name = "header-timeout", .form = "DURATION", .help = "time for a whole request header"},
       .kind = duration<100 * kMillisecond, kHour, &O::header_timeout>},
      {.text = {.name = "max-wait", .form = "DURATION", .help = "longest wait of a long-poll"},
       .kind = duration<kMillisecond, kDay, &O::subscribe, &wire::SubscribeLimits::max_wait>},
      {.text = {.name = "max-size", .form = "N", .help = "most messages that a channel keeps"},
       .kind = count<1, 10'000'000, &O::publish, &wire::PublishLimits::max_size>},
      {.text = {.name = "max-life", .form = "DURATION", .help = "longest life of a message"},
       .kind = duration<kMillisecond, 36500 * kDay, &O::publish, &wire::PublishLimits::max_life>},
      {.text = {.name = "max-payload", .form = "SIZE", .help = "largest message, not over `--max-memory`"},
       .kind = bytes<1, kGigabyte, &O::max_payload>},
      {.text = {.name = "max-channels", .form = "N", .help = "most channels of one subscription, and of one push"},
       .kind = max_channels},
      {.text = {.name = "max-behind",
                .form = "SIZE",
                .help = "most that waits for one slow subscriber of a stream",
                .more = "past it, it is served from the backlog"},
       .kind = bytes<kKilobyte, kGigabyte, &O::max_behind>},
      {.text = {.name = "max-memory",
                .form = "SIZE",
                .help = "most that all messages and their channels take",
                .more = "channels that only have subscribers may take half as much besides"},
       .kind = bytes<kMegabyte, kNoLimit, &O::max_memory>},
      {.text = {.name = "max-connections",
                .form = "N",
                .help = "most connections of the public listeners; 0: as many as the limit of open files allows"},
       .kind = count<0, 100'000'000, &O::max_connections>},
  };
}

}  // namespace martd
