#include <algorithm>

#include "base/ascii.h"
#include "fuzz.h"
#include "wire/max_forwards.h"
#include "wire/proxy_headers.h"

using namespace martd;
using fuzz::hold;

namespace {

constexpr std::string_view kSecret = "s3cret";

std::vector<wire::Field> read(std::string_view lines) {
  std::vector<wire::Field> fields;
  for (const std::string_view line : fuzz::split(lines)) {
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with(' ') || value.ends_with('\t') || value.ends_with('\r')) value.remove_suffix(1);
    if (value.find_first_of(std::string_view("\r\0", 2)) == value.npos)
      fields.push_back({line.substr(0, colon), value});
  }
  return fields;
}

bool any(const std::vector<wire::Field>& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& f) { return iequals(f.name, name); });
}

/// What is left is what came, in its order, or one of the lines that are changed or added.
void check_order(const std::vector<wire::Field>& before, const std::vector<wire::Field>& after) {
  std::size_t at = 0;
  for (const wire::Field& field : after) {
    bool ours = false;
    for (const char* name : {"host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via",
                             "connection", "upgrade", "cookie"})
      ours |= iequals(field.name, name);
    if (ours) continue;
    while (at < before.size() && (before[at].name != field.name || before[at].value != field.value)) ++at;
    hold(at < before.size(), "what isn't ours came so, in this order");
    ++at;
  }
}

}  // namespace

/// The lines of the input are a message's, as a request and as a response.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<wire::Field> fields = read(fuzz::text(data, size));
  const auto left = wire::read_max_forwards("TRACE", fields);
  hold(!left || left->has_value() == any(fields, "max-forwards"), "a number where there is one");
  for (const bool trusted : {false, true}) {
    wire::RequestHop hop;
    hop.client = "9.9.9.9";
    hop.trusted = trusted;
    hop.host = "site.example";
    hop.upstream = "localhost:3000";
    hop.publish_secret = kSecret;
    hop.forwarded = trusted;
    const std::string_view upgrade = wire::asked_upgrade(fields, "1.1");
    hop.upgrade = upgrade;
    hold(upgrade.empty() || iequals(upgrade, "websocket"), "no other tunnel");
    std::string out;
    wire::append_request_headers(fields, hop, out);
    hold(out.ends_with("\r\n"), "whole lines");
    const std::vector<wire::Field> after = read(out);
    int hosts = 0;
    for (const wire::Field& field : after) {
      hosts += iequals(field.name, "host") ? 1 : 0;
      for (const char* name : {"keep-alive", "te", "transfer-encoding", "proxy-authorization", "martd-channels"})
        hold(!iequals(field.name, name), "the fields of the hop are off");
      if (iequals(field.name, "connection")) hold(field.value == "Upgrade" && !upgrade.empty(), "our Connection");
      if (iequals(field.name, "authorization")) hold(field.value != "Bearer s3cret", "the secret stays here");
      if (iequals(field.name, "cookie")) {
        for (std::string_view pair : fuzz::split(field.value, ';')) {
          while (pair.starts_with(' ') || pair.starts_with('\t')) pair.remove_prefix(1);
          hold(!pair.starts_with("martd_secret=") && !pair.starts_with("martd_admin="), "the cookies stay here");
        }
      }
      if (!trusted && iequals(field.name, "x-forwarded-proto")) hold(field.value == "http", "ours");
      if (!trusted && iequals(field.name, "x-forwarded-host")) hold(field.value == "site.example", "ours");
      for (const char* name :
           {"forwarded", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-ssl", "x-real-ip", "proxy"})
        hold(trusted || !iequals(field.name, name), "nothing of proxies by one who isn't trusted");
    }
    hold(hosts == 1, "one Host");
    hold(any(after, "x-forwarded-for") && any(after, "x-forwarded-proto") && any(after, "x-forwarded-host") &&
             any(after, "via"),
         "all that is said is there");
    hold(any(fields, "content-length") == any(after, "content-length"), "the length stays");
    check_order(fields, after);
    // Once more by another hop: nothing is lost on the second way.
    hop.trusted = true;
    std::string again;
    wire::append_request_headers(after, hop, again);
    hold(read(again).size() >= after.size(), "what passed once passes again");
  }
  for (const int status : {101, 200}) {
    std::string out;
    wire::append_response_headers(fields, {.status = status, .connection = "close"}, out);
    const std::vector<wire::Field> after = read(out);
    for (const wire::Field& field : after)
      for (const char* name :
           {"keep-alive", "te", "transfer-encoding", "martd-publish", "martd-payload", "martd-cursor"})
        hold(!iequals(field.name, name), "the fields of the hop and ours are off");
    hold(any(fields, "content-length") == any(after, "content-length"), "the length stays");
    check_order(fields, after);
    std::string page;
    wire::append_response_headers(fields, {.status = status, .connection = "close", .by_channels = true}, page);
    hold(any(read(page), "vary") && page.size() >= out.size(), "Vary is there");
  }
  return 0;
}
