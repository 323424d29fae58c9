#include <algorithm>

#include "base/ascii.h"
#include "fuzz.h"
#include "pages/page_headers.h"
#include "wire/entity_tags.h"

using namespace martd;
using fuzz::hold;

/// The lines of the input are a message's, and each is a policy, an entity tag and a date besides.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pages::PageTags tags("/client.js");
  constexpr pages::ScriptPlace script{false, "site.example:8080", "/client.js"};
  const std::vector<std::string_view> lines = fuzz::split(fuzz::text(data, size));
  std::vector<wire::Field> fields;
  for (const std::string_view line : lines) {
    if (const std::string ours = tags.mark(line); !ours.empty()) {
      hold(wire::is_entity_tag(ours) && ours.starts_with("W/"), "a weak tag");
      const auto original = tags.original(ours);
      hold(original && original->etag == line, "it leads back");
    }
    if (const std::string ours = tags.mark_date(line); !ours.empty())
      hold(tags.original(ours).has_value(), "it leads back to a date");

    const pages::PolicyVerdict verdict = pages::permit_script(line, script);
    if (verdict.permits) {
      hold(verdict.value.size() >= line.size() || line.empty(), "nothing is taken from a policy");
      // Once loosened it needs no more.
      const std::string once = verdict.value;
      const pages::PolicyVerdict again = pages::permit_script(once, script, verdict.nonce);
      hold(again.permits && again.value == once && again.nonce == verdict.nonce, "once");
    }
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    fields.push_back({line.substr(0, colon), value});
  }

  for (const bool may_be_page : {false, true}) {
    const pages::PageRequest request = pages::edit_page_request("GET", fields, may_be_page, tags);
    hold(request.lines.fields.size() <= fields.size() + 1, "a date at most is added");
    for (const wire::Field& field : request.lines.fields) {
      if (!iequals(field.name, "if-none-match")) continue;
      std::string_view list = field.value;
      for (std::string_view tag; !(tag = wire::next_entity_tag(list)).empty();)
        hold(!may_be_page || request.has_page, "no strange tag asks for a page");
    }
  }
  if (const auto page = pages::find_page(200, fields, false, script)) {
    const pages::EditedFields edited = pages::edit_page_response(fields, *page, tags);
    for (const wire::Field& field : edited.fields) {
      hold(!iequals(field.name, "content-length"), "no length");
      if (iequals(field.name, "etag")) hold(tags.original(field.value).has_value(), "our tag");
    }
  }
  return 0;
}
