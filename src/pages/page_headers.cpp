#include "pages/page_headers.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/ascii.h"
#include "wire/entity_tags.h"
#include "wire/query.h"

namespace martd::pages {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known) {
  return std::any_of(known.begin(), known.end(), [&](std::string_view k) { return iequals(text, k); });
}

bool lists(std::string_view list, std::string_view wanted) {
  while (!list.empty())
    if (iequals(next_element(list), wanted)) return true;
  return false;
}

void add(std::string& list, std::string_view element) {
  if (!list.empty()) list += ", ";
  list.append(element);
}

void keep_text(EditedFields& lines, std::string_view name, std::string text) {
  lines.texts.push_back(std::move(text));
  lines.fields.push_back({name, lines.texts.back()});
}

/// The codings of an Accept-Encoding that we read, each with its weight.
std::string readable(std::string_view accept_encoding) {
  std::string list;
  bool any = false;
  while (!accept_encoding.empty()) {
    const std::string_view element = next_element(accept_encoding);
    const std::string_view coding = trim(element.substr(0, element.find(';')));
    if (coding.empty()) continue;
    any |= coding == "*";
    if (coding != "*" && parse_coding(coding)) add(list, element);
  }
  if (list.empty()) list = any ? "gzip, deflate, br" : "identity";
  return list;
}

struct Tags {
  std::string list;  ///< for the upstream
  std::string date;
  bool ours = false;
};

Tags read_tags(std::string_view list, bool keep_strange, const PageTags& tags) {
  Tags read;
  for (std::string_view tag; !(tag = wire::next_entity_tag(list)).empty();) {
    if (const auto original = tags.original(tag)) {
      read.ours = true;
      if (original->etag.empty())
        read.date = original->last_modified;
      else
        add(read.list, original->etag);
    } else if (keep_strange) {
      add(read.list, tag);
    }
  }
  return read;
}

std::string_view first_value(std::span<const wire::Field> fields, std::string_view name) {
  for (const wire::Field& field : fields)
    if (iequals(field.name, name)) return field.value;
  return {};
}

bool has(std::span<const wire::Field> fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(), [&](const wire::Field& field) { return iequals(field.name, name); });
}

/// `text/html`, once, in an encoding whose ASCII is ASCII.
bool is_html(std::span<const wire::Field> fields) {
  const wire::Field* type = nullptr;
  for (const wire::Field& field : fields) {
    if (!iequals(field.name, "content-type")) continue;
    if (type != nullptr) return false;
    type = &field;
  }
  if (type == nullptr) return false;
  std::string_view rest = type->value;
  if (!iequals(next_element(rest, ';'), "text/html")) return false;
  while (!rest.empty()) {
    std::string_view value = next_element(rest, ';');
    const std::string_view name = next_element(value, '=');
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (!iequals(name, "charset")) continue;
    if (is_one_of(value, {"utf-7", "iso-2022-jp", "csiso2022jp", "hz-gb-2312", "ucs-2", "unicode", "csunicode"}) ||
        iequals(value.substr(0, 6), "utf-16") || iequals(value.substr(0, 6), "utf-32") ||
        iequals(value.substr(0, 11), "iso-2022-kr") || iequals(value.substr(0, 11), "iso-2022-cn"))
      return false;
  }
  return true;
}

/// A policy that only reports forbids nothing; it is edited as far as it goes, so that it has nothing to report.
bool read_policies(std::span<const wire::Field> fields, const ScriptPlace& script, Page& page) {
  std::vector<PolicyVerdict> verdicts;
  std::string_view nonce;
  for (const bool enforced : {true, false}) {
    for (const wire::Field& field : fields) {
      if (!iequals(field.name, enforced ? "content-security-policy" : "content-security-policy-report-only")) continue;
      PolicyVerdict verdict = permit_script(field.value, script, nonce);
      if (!verdict.permits) {
        if (enforced) return false;
        verdict.value = field.value;
      } else {
        nonce = verdict.nonce;
      }
      verdicts.push_back(std::move(verdict));
    }
  }
  page.nonce = nonce;
  // In the order of the lines.
  std::size_t enforced = 0;
  std::size_t reporting = static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [](const wire::Field& f) { return iequals(f.name, "content-security-policy"); }));
  for (const wire::Field& field : fields) {
    if (iequals(field.name, "content-security-policy"))
      page.policies.push_back(std::move(verdicts[enforced++].value));
    else if (iequals(field.name, "content-security-policy-report-only"))
      page.policies.push_back(std::move(verdicts[reporting++].value));
  }
  return true;
}

bool is_download(std::span<const wire::Field> fields) {
  for (const wire::Field& field : fields) {
    if (!iequals(field.name, "content-disposition")) continue;
    std::string_view rest = field.value;
    const std::string_view kind = next_element(rest, ';');
    if (!kind.empty() && !iequals(kind, "inline")) return true;
  }
  return false;
}

bool has_no_transform(std::span<const wire::Field> fields) {
  return std::any_of(fields.begin(), fields.end(), [](const wire::Field& field) {
    return iequals(field.name, "cache-control") && lists(field.value, "no-transform");
  });
}

}  // namespace

bool may_ask_for_page(std::span<const wire::Field> fields) {
  const std::string_view wanted = first_value(fields, "sec-fetch-dest");
  return wanted.empty() ||
         is_one_of(wanted, {"document", "iframe", "frame", "fencedframe", "embed", "object", "empty"});
}

PageRequest edit_page_request(std::string_view method, std::span<const wire::Field> fields, bool may_be_page,
                              const PageTags& tags) {
  PageRequest request;
  request.no_transform = has_no_transform(fields);
  const bool reads = method == "GET" || method == "HEAD";
  const bool keep_strange = !reads || !may_be_page;
  std::string date;
  bool parts_fit = true;
  for (const wire::Field& field : fields) {
    if (iequals(field.name, "if-none-match")) {
      const Tags read = read_tags(field.value, true, tags);
      request.has_page |= read.ours && reads;
      if (!read.date.empty()) date = read.date;
    }
    if (iequals(field.name, "if-range") && tags.original(field.value)) parts_fit = false;
  }
  bool dated = date.empty();
  std::string accepted;  // all its lines are one list: what one forbids, another's `*` is not to allow
  for (const wire::Field& field : fields)
    if (iequals(field.name, "accept-encoding")) add(accepted, field.value);
  bool told = false;
  for (const wire::Field& field : fields) {
    if (iequals(field.name, "accept-encoding")) {
      if (!may_be_page)
        request.lines.fields.push_back(field);
      else if (!std::exchange(told, true))
        keep_text(request.lines, field.name, readable(accepted));
    } else if (iequals(field.name, "if-none-match") || iequals(field.name, "if-match")) {
      const bool none = iequals(field.name, "if-none-match");
      Tags read = read_tags(field.value, keep_strange || !none, tags);
      if (!read.ours && (keep_strange || !none))
        request.lines.fields.push_back(field);
      else if (!read.list.empty())
        keep_text(request.lines, field.name, std::move(read.list));
    } else if (iequals(field.name, "if-modified-since")) {
      if (!dated)
        keep_text(request.lines, field.name, date);
      else if (keep_strange || request.has_page)
        request.lines.fields.push_back(field);
      dated = true;
    } else if (parts_fit || !is_one_of(field.name, {"range", "if-range"})) {
      request.lines.fields.push_back(field);
    }
  }
  if (!dated && request.has_page) keep_text(request.lines, "If-Modified-Since", date);
  return request;
}

std::optional<Page> find_page(int status, std::span<const wire::Field> fields, bool no_transform,
                              const ScriptPlace& script) {
  const bool whole = (status >= 200 && status < 300 && status != 204 && status != 205 && status != 206) ||
                     (status >= 400 && status < 600);
  if (!whole || no_transform || has_no_transform(fields) || !is_html(fields) || is_download(fields) ||
      has(fields, "content-range") || first_value(fields, "content-length") == "0")
    return std::nullopt;
  std::string codings;
  for (const wire::Field& field : fields)
    if (iequals(field.name, "content-encoding")) add(codings, field.value);
  const auto coding = parse_coding(codings);
  if (!coding) return std::nullopt;
  Page page;
  page.coding = *coding;
  if (!read_policies(fields, script, page)) return std::nullopt;
  return page;
}

std::optional<Page> find_revalidated(std::span<const wire::Field> fields, const ScriptPlace& script) {
  Page page;
  return read_policies(fields, script, page) ? std::optional(std::move(page)) : std::nullopt;
}

EditedFields edit_page_response(std::span<const wire::Field> fields, const Page& page, const PageTags& tags) {
  EditedFields lines;
  std::size_t policy = 0;
  bool tagged = false;
  for (const wire::Field& field : fields) {
    if (is_one_of(field.name,
                  {"content-length", "accept-ranges", "content-md5", "digest", "repr-digest", "content-digest"}))
      continue;
    if (is_one_of(field.name, {"content-security-policy", "content-security-policy-report-only"}) &&
        policy < page.policies.size()) {
      keep_text(lines, field.name, page.policies[policy++]);
    } else if (iequals(field.name, "etag")) {
      std::string ours = tagged ? std::string() : tags.mark(field.value);
      if (ours.empty()) continue;
      keep_text(lines, field.name, std::move(ours));
      tagged = true;
    } else {
      lines.fields.push_back(field);
    }
  }
  if (!tagged)
    if (std::string ours = tags.mark_date(first_value(fields, "last-modified")); !ours.empty())
      keep_text(lines, "ETag", std::move(ours));
  return lines;
}

void PageMemory::note(std::string_view host, std::string_view target, bool got_tag) {
  if (places_.empty()) {
    if (got_tag) return;
    places_.resize(kPlaces);
  }
  const std::hash<std::string_view> hash;
  const std::uint64_t address = hash(target) * 31 + hash(host);
  std::uint64_t& place = places_[address % kPlaces];
  if (!got_tag)
    place = address;
  else if (place == address)
    place = 0;
}

bool PageMemory::left_alone(std::string_view host, std::string_view target) const {
  if (places_.empty()) return false;
  const std::hash<std::string_view> hash;
  const std::uint64_t address = hash(target) * 31 + hash(host);
  return address != 0 && places_[address % kPlaces] == address;
}

}  // namespace martd::pages
